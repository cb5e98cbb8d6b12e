// SPDX-License-Identifier: Apache-2.0
//
// File descriptors with their ownership in the type: Fd owns and closes, FdView borrows.
#pragma once

#include <utility>

namespace nsrun::base {

// Borrowed: valid only while the owner lives.
class FdView {
 public:
  constexpr FdView() noexcept = default;
  constexpr explicit FdView(int number) noexcept : number_(number) {}

  constexpr int number() const noexcept { return number_; }
  constexpr bool is_open() const noexcept { return number_ >= 0; }
  friend constexpr bool operator==(FdView, FdView) noexcept = default;

 private:
  int number_ = -1;
};

class Fd {
 public:
  constexpr Fd() noexcept = default;
  // Takes ownership. A negative number makes an empty Fd.
  constexpr explicit Fd(int number) noexcept : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { close(); }

  int number() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }
  FdView view() const noexcept { return FdView(number_); }
  operator FdView() const noexcept { return view(); }

  // Gives up ownership.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }
  void close() noexcept;

 private:
  int number_ = -1;
};

// Throws SystemError. The copies are close-on-exec.
Fd duplicate(FdView fd);

}  // namespace nsrun::base
