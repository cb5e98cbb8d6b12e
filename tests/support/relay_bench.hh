// SPDX-License-Identifier: Apache-2.0
//
// A relay on the bench: no switch, no thread. The guest's frames go in by hand, the relay's come
// out into a notebook that checks them, and the loop turns once at a time. Every wait is bounded.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <iterator>

#include "base/log.hh"
#include "dataplane/frame_sink.hh"
#include "dataplane/transport_engine.hh"
#include "loop/loop.hh"
#include "rules/network_plan.hh"
#include "support/frame_text.hh"
#include "support/frames.hh"

namespace nsrun::test {

inline size_t open_descriptors() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                           std::filesystem::directory_iterator{}));
}

// While it lives no descriptor can be opened.
class NoDescriptors {
 public:
  NoDescriptors() {
    // UBSan looks at a type that it does not know yet through a pipe: let it know the logger's.
    base::log::warning("descriptors are about to run out");
    base::check("read the limit", ::getrlimit(RLIMIT_NOFILE, &before_));
    // Not zero: poll(2), which the log uses, takes no more entries than there may be descriptors.
    const int lowest_free = base::check("look for a free one", ::dup(STDERR_FILENO));
    ::close(lowest_free);
    const rlimit none{static_cast<rlim_t>(lowest_free), before_.rlim_max};
    base::check("set the limit", ::setrlimit(RLIMIT_NOFILE, &none));
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

struct NotedFrame {
  wire::VirtioNetHeader virtio;
  Frame bytes;

  // Borrows the bytes.
  wire::Packet packet() const { return wire::parse_frame(bytes).packet; }
};

// Takes frames as a TAP does, and what a guest's kernel would refuse is a failure of the test.
class FrameNotebook final : public dataplane::FrameSink {
 public:
  explicit FrameNotebook(bool has_offloads) : has_offloads_(has_offloads) {}

  bool send(const wire::VirtioNetHeader& offload, base::Bytes headers,
            base::Bytes payload) noexcept override {
    if (is_full) return false;
    NotedFrame frame{offload, Frame(headers.begin(), headers.end())};
    frame.bytes.insert(frame.bytes.end(), payload.begin(), payload.end());
    check(frame);
    frames.push_back(std::move(frame));
    return true;
  }
  bool has_offloads() const noexcept override { return has_offloads_; }
  bool has_udp_segmentation() const noexcept override { return has_offloads_; }

  std::deque<NotedFrame> frames;
  bool is_full = false;

 private:
  void check(NotedFrame& frame) const {
    if (!has_offloads_) {
      EXPECT_EQ(frame.virtio, wire::VirtioNetHeader{});
    }
    if ((frame.virtio.flags & wire::kVirtioNeedsChecksum) != 0) {
      EXPECT_TRUE(wire::complete_partial_checksum(frame.bytes, frame.virtio.checksum_start,
                                                  frame.virtio.checksum_offset));
    }
    const wire::ParsedFrame parsed = wire::parse_frame(frame.bytes);
    ASSERT_EQ(parsed.status, wire::ParseStatus::kIp);
    if (parsed.packet.protocol == wire::kProtocolIcmp) return;
    EXPECT_TRUE(wire::has_valid_transport_checksum(parsed.packet.transport, parsed.packet.source,
                                                   parsed.packet.destination,
                                                   parsed.packet.protocol))
        << describe_frame(frame.bytes);
  }

  bool has_offloads_;
};

template <typename Relay>
class RelayBench {
 public:
  // `make(loop, sink, counters)` returns the relay, in a unique_ptr.
  template <typename Make>
  RelayBench(bool has_offloads, Make make) : sink(has_offloads) {
    relay = make(loop, sink, counters);
    loop.set_batch_end([this](base::Time now) { settle(now); });
  }

  // A frame from the guest, at `now`.
  void takes(Frame frame, wire::VirtioNetHeader virtio = {}, base::Time now = base::now()) {
    unsettled_.push_back(std::move(frame));
    const dataplane::GuestFrame guest_frame{unsettled_.back(), virtio};
    const wire::ParsedFrame parsed = wire::parse_frame(unsettled_.back());
    ASSERT_EQ(parsed.status, wire::ParseStatus::kIp);
    if (relay->receive_known(parsed.packet, guest_frame, now)) return;
    if (!admits || admits(parsed.packet)) relay->receive_new(parsed.packet, guest_frame, now);
  }

  void settle(base::Time now) {
    relay->settle(now);
    unsettled_.clear();
  }

  // One wake-up; what came out is given to on_frame. False when nothing did.
  bool turns(base::Duration patience = std::chrono::milliseconds(1)) {
    loop.run_once(base::now() + patience);
    const bool has_frames = !sink.frames.empty();
    while (on_frame && !sink.frames.empty()) {
      const NotedFrame frame = std::move(sink.frames.front());
      sink.frames.pop_front();
      on_frame(frame);
    }
    return has_frames;
  }
  // Until nothing has come out for a few wake-ups.
  void turns_until_quiet() {
    for (int quiet = 0; quiet < 5; ++quiet) {
      if (turns()) quiet = 0;
    }
  }
  void turns_for(base::Duration duration) {
    for (const base::Time end = base::now() + duration; base::now() < end;) turns();
  }
  template <typename Predicate>
  [[nodiscard]] bool turns_until(Predicate predicate) {
    const base::Time limit = base::now() + std::chrono::seconds(30);
    while (!predicate()) {
      if (base::now() > limit) return false;
      turns();
    }
    return true;
  }
  // The next frame, without on_frame.
  NotedFrame next_frame() {
    if (!turns_until([this] { return !sink.frames.empty(); })) {
      ADD_FAILURE() << "no frame has come";
      return {};
    }
    NotedFrame frame = std::move(sink.frames.front());
    sink.frames.pop_front();
    return frame;
  }

  loop::Loop loop;
  base::Counters counters;
  FrameNotebook sink;
  std::unique_ptr<Relay> relay;
  std::function<void(const NotedFrame&)> on_frame;
  std::function<bool(const wire::Packet&)> admits;  // asked about what is of no known flow

 private:
  std::deque<Frame> unsettled_;
};

}  // namespace nsrun::test
