// SPDX-License-Identifier: Apache-2.0
//
// Frames between the TAP and the data plane. Reads a bounded batch per wake-up, so that one busy
// guest cannot starve sockets and timers, into buffers that are allocated once; writes one frame
// per call. Adds and removes the virtio-net header, where the TAP has one. Looks at no frame.
//
// When the TAP goes away (its device is deleted, or moved to where it ends) the loop is stopped.
#pragma once

#include <memory>

#include "base/counters.hh"
#include "dataplane/frame_sink.hh"
#include "dataplane/frame_watcher.hh"
#include "dataplane/guest_frame.hh"
#include "loop/loop.hh"
#include "os/tap.hh"

namespace nsrun::dataplane {

class FrameIo final : public loop::Source, public FrameSink {
 public:
  static constexpr size_t kFramesPerWakeUp = 64;

  // Takes the TAP; all else must outlive it. Throws SystemError.
  FrameIo(loop::Loop& loop, os::Tap tap, FrameReceiver& receiver, base::Counters& counters);

  // FrameSink. Whoever gets false may send again later. Without a virtio-net header on the TAP the
  // frame must be complete: `offload` is not sent.
  bool send(const wire::VirtioNetHeader& offload, base::Bytes headers,
            base::Bytes payload) noexcept override;
  bool has_offloads() const noexcept override { return tap_.features.has_tso; }
  bool has_udp_segmentation() const noexcept override { return tap_.features.has_uso; }

  // Of the TAP's device: the guest's interface.
  std::optional<wire::MacAddress> device_mac() const noexcept { return os::device_mac(tap_.fd); }

  // Who is shown each frame that crosses the TAP from now on; nullptr: nobody.
  void show_frames_to(FrameWatcher* watcher) noexcept { watcher_ = watcher; }

  // A whole frame with all its checksums. What the TAP does not take is counted and gone.
  void send_or_drop(base::Bytes frame) noexcept;

  void on_ready(uint32_t events, base::Time now) noexcept override;

 private:
  // Room for a virtio-net header, an Ethernet header with a VLAN tag and the longest IP packet, in
  // whole pages.
  static constexpr size_t kSlotBytes = 17 * 4096;
  // Of one wake-up: 32 of the longest frames, or more short ones.
  static constexpr size_t kBatchBytes = 32 * kSlotBytes;

  struct FreePages {
    void operator()(std::byte* pages) const noexcept;
  };

  void deliver(base::MutableBytes slot, base::Time now) noexcept;
  void lose_tap(const char* reason) noexcept;

  os::Tap tap_;
  FrameReceiver& receiver_;
  FrameWatcher* watcher_ = nullptr;
  base::Counters& counters_;
  std::unique_ptr<std::byte[], FreePages> batch_;
};

}  // namespace nsrun::dataplane
