// SPDX-License-Identifier: Apache-2.0
//
// A value or the reason why there is none, for parsers and requests whose failure is ordinary.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/error.hh"

namespace nsrun::base {

struct Error {
  std::string message;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // Only when ok().
  T& value() {
    NSRUN_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    NSRUN_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Only when not ok().
  const std::string& error() const {
    NSRUN_CHECK(!ok());
    return std::get_if<1>(&state_)->message;
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace nsrun::base
