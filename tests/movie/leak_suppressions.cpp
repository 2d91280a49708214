/* For runs under LeakSanitizer: fontconfig keeps what it has learnt about fonts for the life of the process.
 */
extern "C" const char *__lsan_default_suppressions();
extern "C" const char *__lsan_default_suppressions() {
  return "leak:libfontconfig\n";
}
