// SPDX-License-Identifier: Apache-2.0
#include "dataplane/frame_io.hh"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/log.hh"

namespace nsrun::dataplane {
namespace {

using wire::pcapng::Direction;

constexpr std::align_val_t kPageAlignment{4096};
constexpr size_t kCacheLineBytes = 64;

iovec to_iovec(base::Bytes bytes) noexcept {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

}  // namespace

void FrameIo::FreePages::operator()(std::byte* pages) const noexcept {
  ::operator delete[](pages, kPageAlignment);
}

FrameIo::FrameIo(loop::Loop& loop, os::Tap tap, FrameReceiver& receiver, base::Counters& counters)
    : loop::Source(loop, "tap"),
      tap_(std::move(tap)),
      receiver_(receiver),
      counters_(counters),
      batch_(new (kPageAlignment) std::byte[kBatchBytes]) {
  watch(tap_.fd, EPOLLIN);
}

void FrameIo::on_ready(uint32_t events, base::Time now) noexcept {
  // tun.c reports EPOLLERR for a device that is being removed.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0)
    return lose_tap("its device was removed, or the other side has closed it");
  size_t used = 0;
  for (size_t i = 0; i < kFramesPerWakeUp && used <= kBatchBytes - kSlotBytes; ++i) {
    std::byte* const slot = batch_.get() + used;
    const ssize_t length = ::read(tap_.fd.number(), slot, kSlotBytes);
    if (length < 0) {
      if (errno != EAGAIN && errno != EINTR) lose_tap(std::strerror(errno));
      return;
    }
    if (length == 0)
      return lose_tap("the other side has closed it");  // a socket of User Mode Linux
    deliver({slot, static_cast<size_t>(length)}, now);
    used += (static_cast<size_t>(length) + kCacheLineBytes - 1) / kCacheLineBytes * kCacheLineBytes;
  }
}

void FrameIo::deliver(base::MutableBytes slot, base::Time now) noexcept {
  counters_.add(base::Counter::kFramesFromGuest);
  GuestFrame frame{slot, {}};
  if (tap_.features.has_virtio_net_header) {
    if (slot.size() < sizeof frame.virtio) {
      counters_.add(base::Counter::kDroppedTooShort);
      return;
    }
    std::memcpy(&frame.virtio, slot.data(), sizeof frame.virtio);
    frame.bytes = slot.subspan(sizeof frame.virtio);
  }
  counters_.add(base::Counter::kBytesFromGuest, frame.bytes.size());
  if (watcher_ != nullptr) [[unlikely]]
    watcher_->note(Direction::kFromGuest, frame.bytes, {});
  if (!wire::is_valid_for(frame.virtio, frame.bytes.size())) {
    counters_.add(base::Counter::kDroppedBadVirtioHeader);
    return;
  }
  receiver_.receive(frame, now);
}

void FrameIo::lose_tap(const char* reason) noexcept {
  base::log::info("the TAP is gone: {}", reason);
  unwatch();
  loop().stop();
}

bool FrameIo::send(const wire::VirtioNetHeader& offload, base::Bytes headers,
                   base::Bytes payload) noexcept {
  const std::array pieces{to_iovec(base::bytes_of(offload)), to_iovec(headers), to_iovec(payload)};
  const size_t first = tap_.features.has_virtio_net_header ? 0 : 1;
  if (::writev(tap_.fd.number(), &pieces[first], static_cast<int>(pieces.size() - first)) < 0) {
    counters_.add(base::Counter::kDroppedTapFull);
    return false;
  }
  counters_.add(base::Counter::kFramesToGuest);
  counters_.add(base::Counter::kBytesToGuest, headers.size() + payload.size());
  if (watcher_ != nullptr) [[unlikely]]
    watcher_->note(Direction::kToGuest, headers, payload);
  return true;
}

void FrameIo::send_or_drop(base::Bytes frame) noexcept { static_cast<void>(send({}, frame, {})); }

}  // namespace nsrun::dataplane
