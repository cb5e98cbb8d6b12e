// SPDX-License-Identifier: Apache-2.0
//
// Where one request ends in a stream of bytes: a JSON object whose braces balance, however it was
// cut into pieces. Counts brackets and skips strings, each byte looked at once; whether the text is
// JSON is message.hh's question. Pure. A client can make us hold no more than one request's limit
// and the piece that went beyond it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nsrun::control {

// slirp4netns takes less than 4096 bytes.
inline constexpr size_t kMaxRequestBytes = 64 * 1024;
// A request has two levels.
inline constexpr int kMaxNesting = 32;

class RequestFramer {
 public:
  enum class State {
    kEmpty,      // nothing but white space so far
    kPartial,    // more is needed
    kComplete,   // take() gives the request
    kMalformed,  // can never become a request: not an object, or too deeply nested
    kTooLarge,
  };

  // Nothing is added once the state is neither kEmpty nor kPartial, save what follows a complete
  // request: it is kept for the next one.
  void add(std::string_view bytes);
  State state() const noexcept { return state_; }
  // The complete request; the framer goes on with what followed it. Only when kComplete.
  std::string take();

 private:
  void scan();
  void look_at(char byte);

  std::string buffer_;
  size_t scanned_ = 0;
  State state_ = State::kEmpty;
  int depth_ = 0;
  bool in_string_ = false;
  bool after_backslash_ = false;
};

}  // namespace nsrun::control
