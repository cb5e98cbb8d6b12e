// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture.hh"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/time.hh"

namespace nsrun::dataplane {

namespace pcapng = wire::pcapng;

Capture::Capture(loop::Loop& loop, base::Fd& reader, rules::CaptureFilter filter,
                 std::string_view greeting, base::Counters& counters)
    : Source(loop, "capture"),
      filter_(std::move(filter)),
      counters_(counters),
      ring_(std::make_unique_for_overwrite<std::byte[]>(kRingBytes)) {
  const auto opening = pcapng::opening();
  put(std::as_bytes(std::span(greeting)));
  put(opening);
  watch(reader, EPOLLRDHUP);
  reader_ = std::move(reader);
}

Capture::~Capture() {
  is_ending_ = true;
  proceed();
}

void Capture::add(pcapng::Direction direction, base::Bytes headers, base::Bytes payload) noexcept {
  if (is_ending_ || is_over()) return;
  const pcapng::PacketBlock block(direction, base::wall_clock(), headers.size() + payload.size());
  ++counted_.received;
  if (block.head().size() + headers.size() + payload.size() + block.tail().size() > room()) {
    ++counted_.dropped;
    counters_.add(base::Counter::kCaptureDropped);
    return;
  }
  for (const base::Bytes part : {block.head(), headers, payload, block.tail()}) put(part);
}

void Capture::flush() noexcept {
  const bool waits_for_reader = (events() & EPOLLOUT) != 0;
  if (!waits_for_reader) proceed();
}

void Capture::proceed() noexcept {
  if (is_over()) return;
  hand_over();
  if (is_over()) return;
  // Now there is room, whatever was full before.
  if (is_ending_ && !has_ended_ && room() >= sizeof(pcapng::StatisticsBlock)) {
    put(pcapng::statistics(base::wall_clock(), counted_));
    has_ended_ = true;
    hand_over();
    if (is_over()) return;
  }
  if (has_ended_ && used_ == 0) return close();
  uint32_t wanted = 0;
  if (used_ > 0) wanted |= EPOLLOUT;
  if (!is_ending_) wanted |= EPOLLRDHUP;  // it would be reported for ever
  change(wanted);
}

void Capture::on_ready(uint32_t events, base::Time) noexcept {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) return close();
  if ((events & EPOLLRDHUP) != 0) is_ending_ = true;
  proceed();
}

// There is room.
void Capture::put(base::Bytes bytes) noexcept {
  const size_t end = (first_ + used_) % kRingBytes;
  const size_t before_wrap = std::min(bytes.size(), kRingBytes - end);
  if (bytes.empty()) return;
  std::memcpy(&ring_[end], bytes.data(), before_wrap);
  std::memcpy(ring_.get(), bytes.data() + before_wrap, bytes.size() - before_wrap);
  used_ += bytes.size();
}

void Capture::hand_over() noexcept {
  if (used_ == 0) return;
  const size_t before_wrap = std::min(used_, kRingBytes - first_);
  std::array pieces{iovec{&ring_[first_], before_wrap}, iovec{ring_.get(), used_ - before_wrap}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const ssize_t sent = ::sendmsg(reader_.number(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) {
    first_ = (first_ + static_cast<size_t>(sent)) % kRingBytes;
    used_ -= static_cast<size_t>(sent);
  } else if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
    close();
  }
}

void Capture::close() noexcept { close_watched(reader_); }

}  // namespace nsrun::dataplane
