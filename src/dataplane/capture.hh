// SPDX-License-Identifier: Apache-2.0
//
// One reader of what crosses the TAP: frames as pcapng, through a stream socket. The traffic never
// waits for the reader: a ring holds what it has not taken yet, and a frame without room there is
// counted and left out. Ends when the reader closes; when it only says that it will send no more
// (shutdown(2)), all it gets is what was captured before, and the statistics.
#pragma once

#include <memory>
#include <string_view>

#include "base/counters.hh"
#include "base/fd.hh"
#include "dataplane/frame_watcher.hh"
#include "loop/loop.hh"
#include "rules/capture_filter.hh"

namespace nsrun::dataplane {

class Capture final : public loop::Source {
 public:
  // Bursts of some hundred of the longest frames.
  static constexpr size_t kRingBytes = size_t{8} << 20;

  // `greeting` goes in front of the file. Throws SystemError and std::bad_alloc; the reader is
  // still the caller's then.
  Capture(loop::Loop& loop, base::Fd& reader, rules::CaptureFilter filter,
          std::string_view greeting, base::Counters& counters);
  // Hands over what the reader takes at once.
  ~Capture() override;

  const rules::CaptureFilter& filter() const noexcept { return filter_; }
  // A frame that the filter lets pass.
  void add(wire::pcapng::Direction direction, base::Bytes headers, base::Bytes payload) noexcept;
  // At the end of a wake-up: hands over what the reader takes.
  void flush() noexcept;
  bool is_over() const noexcept { return !reader_.is_open(); }

 private:
  void on_ready(uint32_t events, base::Time now) noexcept override;
  void proceed() noexcept;
  void put(base::Bytes bytes) noexcept;
  size_t room() const noexcept { return kRingBytes - used_; }
  void hand_over() noexcept;
  void close() noexcept;

  base::Fd reader_;
  const rules::CaptureFilter filter_;
  base::Counters& counters_;
  std::unique_ptr<std::byte[]> ring_;
  size_t first_ = 0;  // of what the reader has not taken yet
  size_t used_ = 0;
  wire::pcapng::Statistics counted_;
  bool is_ending_ = false;
  bool has_ended_ = false;  // the statistics are in the ring
};

}  // namespace nsrun::dataplane
