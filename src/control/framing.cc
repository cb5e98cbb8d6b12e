// SPDX-License-Identifier: Apache-2.0
#include "control/framing.hh"

#include "base/error.hh"

namespace nsrun::control {

void RequestFramer::add(std::string_view bytes) {
  if (state_ == State::kMalformed || state_ == State::kTooLarge) return;
  buffer_ += bytes;
  scan();
}

std::string RequestFramer::take() {
  NSRUN_CHECK(state_ == State::kComplete);
  std::string request = buffer_.substr(0, scanned_);
  buffer_.erase(0, scanned_);
  scanned_ = 0;
  state_ = State::kEmpty;
  scan();
  return request;
}

void RequestFramer::scan() {
  while (scanned_ < buffer_.size() && (state_ == State::kEmpty || state_ == State::kPartial)) {
    look_at(buffer_[scanned_]);
    ++scanned_;
    if (scanned_ > kMaxRequestBytes) state_ = State::kTooLarge;
  }
}

void RequestFramer::look_at(char byte) {
  if (in_string_) {
    if (after_backslash_) {
      after_backslash_ = false;
    } else if (byte == '\\') {
      after_backslash_ = true;
    } else if (byte == '"') {
      in_string_ = false;
    }
    return;
  }
  switch (byte) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
      return;
    case '{':
    case '[':
      if (byte == '[' && depth_ == 0) break;
      state_ = ++depth_ > kMaxNesting ? State::kMalformed : State::kPartial;
      return;
    case '}':
    case ']':
      if (depth_ == 0) break;
      if (--depth_ == 0) state_ = State::kComplete;
      return;
    case '"':
      if (depth_ == 0) break;
      in_string_ = true;
      return;
    default:
      if (depth_ == 0) break;
      return;
  }
  state_ = State::kMalformed;
}

}  // namespace nsrun::control
