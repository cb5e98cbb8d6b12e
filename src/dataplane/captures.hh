// SPDX-License-Identifier: Apache-2.0
//
// All readers of what crosses the TAP. Without one the frames' way is as if there were none.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/capture.hh"
#include "dataplane/frame_io.hh"

namespace nsrun::dataplane {

class Captures final : public FrameWatcher {
 public:
  // Each costs its ring.
  static constexpr size_t kMost = 4;

  // `tap` and `counters` must outlive this object.
  Captures(loop::Loop& loop, FrameIo& tap, base::Counters& counters) noexcept
      : loop_(loop), tap_(tap), counters_(counters) {}
  ~Captures() { tap_.show_frames_to(nullptr); }
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  // Takes `reader`, a stream socket that does not block, and sends `greeting` before the file.
  // False when there is no room or no memory for one more.
  bool start(base::Fd& reader, const rules::CaptureFilter& filter,
             std::string_view greeting) noexcept;
  void note(wire::pcapng::Direction direction, base::Bytes headers,
            base::Bytes payload) noexcept override;
  // At the end of a wake-up.
  void settle() noexcept;

 private:
  wire::ParsedFrame parse(base::Bytes headers, base::Bytes payload) noexcept;

  loop::Loop& loop_;
  FrameIo& tap_;
  base::Counters& counters_;
  std::vector<std::unique_ptr<Capture>> captures_;
  std::vector<std::byte> whole_;  // a frame to the guest, for the filters
};

}  // namespace nsrun::dataplane
