// SPDX-License-Identifier: Apache-2.0
//
// The guest's end of one TCP connection on the bench: in order, and honest about its window. Sends
// nothing again by itself.
#pragma once

#include <string>

#include "dataplane/tcp_relay.hh"
#include "support/relay_bench.hh"

namespace nsrun::test {

using TcpBench = RelayBench<dataplane::TcpRelay>;

class GuestEnd {
 public:
  // The default first number wraps soon.
  GuestEnd(TcpBench& bench, const wire::Endpoint& own, const wire::Endpoint& peer,
           uint32_t first_sequence = 0xffff'f000)
      : bench_(bench), own_(own), peer_(peer), first_(first_sequence), sequence_(first_sequence) {}

  // --- verbs ---

  void connects(base::Time now = base::now()) {
    wire::TcpFields syn = fields(wire::kTcpSyn);
    syn.window = static_cast<uint16_t>(std::min<uint32_t>(window, 65535));
    syn.options.maximum_segment_size = kMss;
    syn.options.window_scale = kShift;
    emit(syn, {}, now);
    ++sequence_;
  }
  // Sends what the peer's window allows, in segments of at most `segment_bytes`.
  void pushes(size_t segment_bytes = kMss, base::Time now = base::now()) {
    while (sent < stream.size() && sent - acknowledged < peer_window) {
      const size_t count = std::min(
          {segment_bytes, stream.size() - sent, size_t{peer_window} - (sent - acknowledged)});
      emit(fields(wire::kTcpAck | wire::kTcpPsh), bytes(stream).subspan(sent, count), now);
      sent += count;
      sequence_ += static_cast<uint32_t>(count);
    }
  }
  // The same, of the next `count` segments the last one first, as a bridge may change their order.
  // Each may be a batch of its own.
  void pushes_backwards(size_t count, bool is_apart) {
    std::vector<std::string_view> segments;
    const uint32_t first = sequence_;
    while (segments.size() < count && sent < stream.size() && sent - acknowledged < peer_window) {
      const size_t size = std::min(
          {size_t{kMss}, stream.size() - sent, size_t{peer_window} - (sent - acknowledged)});
      segments.push_back(std::string_view(stream).substr(sent, size));
      sent += size;
      sequence_ += static_cast<uint32_t>(size);
    }
    const uint32_t end = sequence_;
    for (sequence_ = end; !segments.empty(); segments.pop_back()) {
      sequence_ -= static_cast<uint32_t>(segments.back().size());
      emit(fields(wire::kTcpAck | wire::kTcpPsh), bytes(segments.back()), base::now());
      if (is_apart) bench_.turns();
    }
    EXPECT_EQ(sequence_, first);
    sequence_ = end;
  }
  // Everything that is not acknowledged counts as lost.
  void goes_back() {
    sequence_ -= static_cast<uint32_t>(sent - acknowledged);
    sent = acknowledged;
  }
  void acknowledges(base::Time now = base::now()) { emit(fields(wire::kTcpAck), {}, now); }
  void finishes(base::Time now = base::now()) {
    emit(fields(wire::kTcpFin | wire::kTcpAck), {}, now);
    ++sequence_;
  }
  void resets() { emit(fields(wire::kTcpRst | wire::kTcpAck), {}, base::now()); }

  // A frame from the relay. What does not come next is left alone.
  void hears(const NotedFrame& frame) {
    const wire::Packet packet = frame.packet();
    if (packet.protocol != wire::kProtocolTcp) {
      ++icmp_errors;
      return;
    }
    const wire::TcpView segment = wire::TcpView::parse(packet.transport).value();
    hear_segment(segment, frame.virtio);
  }

  // --- what is known ---

  std::string stream;       // to send
  size_t sent = 0;          // of it
  size_t acknowledged = 0;  // of it
  uint32_t window = 1 << 20;
  bool is_silent = false;  // acknowledges nothing by itself

  std::string received;
  uint32_t peer_window = 0;
  bool is_open = false;
  bool peer_finished = false;
  bool is_reset = false;
  int icmp_errors = 0;
  int probes = 0;

 private:
  static constexpr uint16_t kMss = 1400;
  static constexpr uint8_t kShift = 6;

  wire::TcpFields fields(uint8_t flags) const {
    wire::TcpFields result;
    result.sequence = wire::Sequence(sequence_);
    result.acknowledgment = wire::Sequence(next_);
    result.flags = flags;
    result.window = static_cast<uint16_t>(std::min<uint32_t>(window >> kShift, 65535));
    return result;
  }

  void emit(const wire::TcpFields& header, base::Bytes data, base::Time now) {
    Frame frame = tcp_frame(own_, peer_, header, data);
    wire::VirtioNetHeader virtio;
    if (bench_.sink.has_offloads()) {  // as a kernel hands it over
      const size_t tcp_offset =
          sizeof(wire::EthernetHeader) + wire::parse_frame(frame).packet.transport_offset;
      set_partial_checksum(base::MutableBytes(frame).subspan(tcp_offset), wire::kTcpChecksumOffset,
                           own_.address, peer_.address, wire::kProtocolTcp);
      virtio.flags = wire::kVirtioNeedsChecksum;
      virtio.checksum_start = static_cast<uint16_t>(tcp_offset);
      virtio.checksum_offset = wire::kTcpChecksumOffset;
    }
    bench_.takes(std::move(frame), virtio, now);
  }

  void hear_segment(const wire::TcpView& segment, const wire::VirtioNetHeader& virtio) {
    if (segment.has(wire::kTcpRst)) {
      is_reset = true;
      return;
    }
    if (segment.has(wire::kTcpSyn)) return hear_syn(segment);
    check_size(segment, virtio);
    peer_window = uint32_t{segment.window()} << peer_shift_;
    // A FIN counts for nothing here.
    acknowledged = std::min<size_t>(segment.acknowledgment().value() - first_ - 1, sent);
    if (segment.sequence().value() != next_) {
      ++probes;
      if (!is_silent) acknowledges();
      return;
    }
    const base::Bytes data = segment.payload();
    received.append(reinterpret_cast<const char*>(data.data()), data.size());
    next_ += static_cast<uint32_t>(data.size());
    if (segment.has(wire::kTcpFin)) {
      ++next_;
      peer_finished = true;
    }
    if (!is_silent && (!data.empty() || segment.has(wire::kTcpFin))) acknowledges();
  }

  void hear_syn(const wire::TcpView& segment) {
    next_ = segment.sequence().value() + 1;
    peer_shift_ = segment.options().window_scale.value_or(0);
    peer_window = segment.window();
    if (!segment.has(wire::kTcpAck)) {  // the relay opens a connection to the guest
      wire::TcpFields answer = fields(wire::kTcpSyn | wire::kTcpAck);
      answer.window = static_cast<uint16_t>(std::min<uint32_t>(window, 65535));
      answer.options.maximum_segment_size = kMss;
      answer.options.window_scale = kShift;
      emit(answer, {}, base::now());
      ++sequence_;
    } else {
      acknowledges();
    }
    is_open = true;
  }

  void check_size(const wire::TcpView& segment, const wire::VirtioNetHeader& virtio) const {
    const size_t size = segment.payload().size();
    if (size > kMss) {
      EXPECT_EQ(virtio.gso_size, kMss);
    } else {
      EXPECT_EQ(virtio.gso_type, wire::kVirtioGsoNone);
    }
  }

  TcpBench& bench_;
  wire::Endpoint own_;
  wire::Endpoint peer_;
  uint32_t first_;  // of our SYN
  uint32_t sequence_;
  uint32_t next_ = 0;  // expected from the relay
  unsigned peer_shift_ = 0;
};

}  // namespace nsrun::test
