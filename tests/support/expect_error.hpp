// What a failure of the core should look like.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"

namespace pde {

/// Runs `action`, expects it to fail with `code`, and gives the message.
template <class F>
std::string message_of(pde_status code, F &&action) {
  try {
    action();
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected a failure with status " << code;
  return {};
}

inline bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pde

/// The message of the failure has all these parts.
#define EXPECT_MESSAGE(code, action, ...)                                                       \
  do {                                                                                          \
    const std::string message_ = ::pde::message_of(code, [&] { action; });                      \
    for (const std::string part_ : {__VA_ARGS__}) {                                             \
      EXPECT_TRUE(::pde::contains(message_, part_)) << '"' << message_ << "\" lacks " << part_; \
    }                                                                                           \
  } while (false)
