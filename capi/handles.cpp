#include "handles.hpp"

#include <array>
#include <mutex>
#include <vector>

#include "base/host_call.hpp"

namespace pde::capi {
namespace {

static_assert(sizeof(void *) == 8, "tokens need 64 bits");

// A token has 47 bits, what user space addresses have, because some runtimes (LuaJIT) keep no more of a
// pointer. The lowest bit is set, so that it is never the address of anything aligned.
constexpr int kKindBits = 4, kIndexBits = 22, kGenerationBits = 20;
constexpr int kKindShift = 1, kIndexShift = kKindShift + kKindBits,
              kGenerationShift = kIndexShift + kIndexBits;
static_assert(kGenerationShift + kGenerationBits == 47);
constexpr uint64_t kMaxGeneration = (uint64_t{1} << kGenerationBits) - 1;

/// state: generation and kind as in the token, a bit for alive, the number of pins.
constexpr uint64_t kAlive = uint64_t{1} << 63, kPins = (uint64_t{1} << 31) - 1;
constexpr int kStateKindShift = 32, kStateGenerationShift = 36;

struct Slot {
  std::atomic<uint64_t> state{0};
  std::atomic<uint64_t> stop{0};  // the generation that was asked to stop
  Box *box = nullptr;
};

constexpr uint32_t kBlockSlots = 1024, kBlocks = (1u << kIndexBits) / kBlockSlots;
using Block = std::array<Slot, kBlockSlots>;

/// Blocks are added, never removed: a look-up needs no lock. All of it is constant at load time.
constinit std::atomic<Block *> g_blocks[kBlocks] = {};

/// Slots to be used, the longest free first, so that generations are used up evenly.
struct FreeList {
  std::mutex mutex;
  std::vector<uint32_t> slots;  // a ring would do; a queue of this length is never long
  size_t head = 0;
  uint32_t made = 0;  // slots that exist
};
FreeList &free_list() {
  static auto *instance = new FreeList;  // never destroyed: handles are given back by exit handlers too
  return *instance;
}

struct Token {
  uint64_t kind = 0, index = 0, generation = 0;
};

bool decode(const void *pointer, Token &token) {
  const auto bits = reinterpret_cast<uint64_t>(pointer);
  if ((bits & 1) == 0 || bits >> 47 != 0) return false;
  token = {(bits >> kKindShift) & ((1u << kKindBits) - 1), (bits >> kIndexShift) & ((1u << kIndexBits) - 1),
           bits >> kGenerationShift};
  return true;
}

Slot *slot_at(uint64_t index) {
  Block *block = g_blocks[index / kBlockSlots].load(std::memory_order_acquire);
  return block ? &(*block)[index % kBlockSlots] : nullptr;
}

uint64_t live_state(uint64_t kind, uint64_t generation) {
  return kAlive | kind << kStateKindShift | generation << kStateGenerationShift;
}

uint64_t generation_of(uint64_t state) {
  return (state & ~kAlive) >> kStateGenerationShift;
}

uint32_t take_slot() {
  FreeList &list = free_list();
  std::lock_guard lock(list.mutex);
  if (list.head < list.slots.size()) {
    const uint32_t index = list.slots[list.head++];
    if (list.head > 4096 && 2 * list.head > list.slots.size()) {
      list.slots.erase(list.slots.begin(), list.slots.begin() + static_cast<std::ptrdiff_t>(list.head));
      list.head = 0;
    }
    return index;
  }
  if (list.made == kBlocks * kBlockSlots)
    fail(PDE_ERR_MEMORY, "{} handles exist, which is the most there can be", list.made);
  if (list.made % kBlockSlots == 0) {
    g_blocks[list.made / kBlockSlots].store(new Block, std::memory_order_release);
  }
  list.slots.reserve(list.slots.size() + 1);
  return list.made++;
}

/// Called once, by whoever takes away the last of pins and life.
void recycle(Slot &slot, uint64_t index, uint64_t state) noexcept {
  Box *box = std::exchange(slot.box, nullptr);
  delete box;
  if (generation_of(state) == kMaxGeneration) return;  // used up
  FreeList &list = free_list();
  std::lock_guard lock(list.mutex);
  try {
    list.slots.push_back(static_cast<uint32_t>(index));
  } catch (...) {
    // No memory to remember a free slot: it stays unused.
  }
}

}  // namespace

const char *kind_name(Kind kind) {
  switch (kind) {
    case Kind::options:
      return "pde_options";
    case Kind::grid:
      return "pde_grid";
    case Kind::field:
      return "pde_field";
    case Kind::storage:
      return "pde_storage";
    case Kind::schedule:
      return "pde_schedule";
    case Kind::tracker:
      return "pde_tracker";
    case Kind::controller:
      return "pde_controller";
    case Kind::equation:
      return "pde_equation";
    case Kind::operation:
      return "pde_operator";
  }
  return "handle";
}

void *make_token(Kind kind, std::unique_ptr<Box> box) {
  const uint64_t index = take_slot();
  Slot &slot = *slot_at(index);
  const uint64_t generation = generation_of(slot.state.load(std::memory_order_relaxed)) + 1;
  slot.box = box.release();
  slot.state.store(live_state(static_cast<uint64_t>(kind), generation), std::memory_order_release);
  return reinterpret_cast<void *>(1 | static_cast<uint64_t>(kind) << kKindShift | index << kIndexShift |
                                  generation << kGenerationShift);
}

Box *pin(const void *pointer, Kind kind) noexcept {
  Token token;
  if (!decode(pointer, token) || token.kind != static_cast<uint64_t>(kind)) return nullptr;
  Slot *slot = slot_at(token.index);
  if (!slot) return nullptr;
  const uint64_t wanted = live_state(token.kind, token.generation);
  uint64_t state = slot->state.load(std::memory_order_relaxed);
  do {
    if ((state & ~kPins) != wanted) return nullptr;
  } while (!slot->state.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel));
  return slot->box;
}

void unpin(const void *pointer) noexcept {
  Token token;
  decode(pointer, token);
  Slot &slot = *slot_at(token.index);
  const uint64_t before = slot.state.fetch_sub(1, std::memory_order_acq_rel);
  if ((before & kPins) == 1 && (before & kAlive) == 0) recycle(slot, token.index, before);
}

void release(const void *pointer, Kind kind) noexcept {
  const LibraryCall call;  // an object may have much to do when it goes
  Token token;
  if (!decode(pointer, token) || token.kind != static_cast<uint64_t>(kind)) return;
  Slot *slot = slot_at(token.index);
  if (!slot) return;
  const uint64_t wanted = live_state(token.kind, token.generation);
  uint64_t state = slot->state.load(std::memory_order_relaxed);
  do {
    if ((state & ~kPins) != wanted) return;
  } while (!slot->state.compare_exchange_weak(state, state & ~kAlive, std::memory_order_acq_rel));
  if ((state & kPins) == 0) recycle(*slot, token.index, state);
}

bool set_stop(const void *pointer, Kind kind) noexcept {
  Token token;
  if (!decode(pointer, token) || token.kind != static_cast<uint64_t>(kind)) return false;
  Slot *slot = slot_at(token.index);
  if (!slot ||
      (slot->state.load(std::memory_order_acquire) & ~kPins) != live_state(token.kind, token.generation))
    return false;
  // Should the slot change hands just now, its next owner does not answer to this generation.
  slot->stop.store(token.generation, std::memory_order_release);
  return true;
}

std::pair<const std::atomic<uint64_t> *, uint64_t> stop_word(const void *pointer) noexcept {
  Token token;
  decode(pointer, token);
  return {&slot_at(token.index)->stop, token.generation};
}

void fail_null(const char *argument) {
  fail(PDE_ERR_ARGUMENT, "{} is NULL", argument);
}

void fail_stale(const char *argument, Kind kind) {
  fail(PDE_ERR_HANDLE, "{} is no {}: it was freed, or never was one", argument, kind_name(kind));
}

void fail_busy(const char *argument, Kind kind) {
  fail(PDE_ERR_BUSY,
       "{} ({}) is in use by another call, of another thread or the one that runs this callback", argument,
       kind_name(kind));
}

void HeldTogether::add(pde_storage *handle, const std::string &argument) {
  auto &held = handles_[handle];
  if (!held) held = std::make_unique<Exclusive<pde_storage>>(handle, argument.c_str());
  auto &use = bases_[&(*held)->base()];
  if (!use) use = std::make_unique<StorageUse>(**held);
  storages_.push_back(held->core());
}

}  // namespace pde::capi
