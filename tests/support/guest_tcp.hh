// SPDX-License-Identifier: Apache-2.0
//
// A TCP endpoint of a few lines in the fake guest: no retransmission, one segment at a time.
#pragma once

#include <string>

#include "support/fake_guest.hh"

namespace nsrun::test {

class GuestTcp {
 public:
  GuestTcp(FakeGuest& guest, const wire::Endpoint& own, const wire::Endpoint& peer)
      : guest_(guest), own_(own), peer_(peer) {}

  // Opens the connection; returns the answer to the SYN.
  Arrival connects() {
    send(wire::kTcpSyn);
    ++sequence_;
    Arrival answer = guest_.receives_traffic();
    const bool is_accepted = answer.parsed.status == wire::ParseStatus::kIp &&
                             answer.packet().protocol == wire::kProtocolTcp &&
                             answer.tcp().has(wire::kTcpSyn);
    if (!is_accepted) return answer;
    acknowledgment_ = answer.tcp().sequence().value() + 1;
    send(wire::kTcpAck);
    return answer;
  }

  // Waits for a SYN and accepts the connection.
  static GuestTcp accepts(FakeGuest& guest) {
    const Arrival syn = guest.receives_traffic();
    EXPECT_EQ(syn.tcp().flags(), wire::kTcpSyn) << describe_frame(syn.bytes);
    GuestTcp result(guest, syn.packet().destination_endpoint(), syn.packet().source_endpoint());
    result.acknowledgment_ = syn.tcp().sequence().value() + 1;
    result.send(wire::kTcpSyn | wire::kTcpAck);
    ++result.sequence_;
    guest.receives_traffic();  // the acknowledgment
    return result;
  }

  void sends(base::Bytes data) {
    send(wire::kTcpAck | wire::kTcpPsh, data);
    sequence_ += static_cast<uint32_t>(data.size());
  }

  // With the urgent flag, the pointer being whatever it is.
  void sends_urgent(base::Bytes data, uint16_t pointer) {
    Frame frame =
        tcp_frame(own_, peer_, fields(wire::kTcpAck | wire::kTcpPsh | wire::kTcpUrg), data);
    const size_t offset = wire::parse_frame(frame).packet.transport_offset;
    const base::MutableBytes segment =
        base::MutableBytes(frame).subspan(sizeof(wire::EthernetHeader) + offset);
    constexpr size_t kUrgentPointerOffset = 18;
    base::store_big_endian(&segment[kUrgentPointerOffset], pointer);
    wire::set_transport_checksum(segment, wire::kTcpChecksumOffset, own_.address, peer_.address,
                                 wire::kProtocolTcp);
    guest_.sends(frame);
    sequence_ += static_cast<uint32_t>(data.size());
  }
  void resets() { send(wire::kTcpRst | wire::kTcpAck); }

  // As a kernel hands it over with TSO: one frame of any length, its checksum partial.
  void sends_offloaded(base::Bytes data, uint16_t segment_bytes) {
    Frame frame = tcp_frame(own_, peer_, fields(wire::kTcpAck | wire::kTcpPsh), data);
    const size_t offset = wire::parse_frame(frame).packet.transport_offset;
    const size_t tcp_offset = sizeof(wire::EthernetHeader) + offset;
    set_partial_checksum(base::MutableBytes(frame).subspan(tcp_offset), wire::kTcpChecksumOffset,
                         own_.address, peer_.address, wire::kProtocolTcp);
    guest_.sends(frame,
                 {.flags = wire::kVirtioNeedsChecksum,
                  .gso_type = own_.address.is_v4() ? wire::kVirtioGsoTcpV4 : wire::kVirtioGsoTcpV6,
                  .gso_size = segment_bytes,
                  .checksum_start = static_cast<uint16_t>(tcp_offset),
                  .checksum_offset = wire::kTcpChecksumOffset});
    sequence_ += static_cast<uint32_t>(data.size());
  }

  // The next data, acknowledged.
  std::string receives() {
    for (;;) {
      const Arrival arrival = guest_.receives_traffic();
      if (arrival.bytes.empty()) return "";
      const base::Bytes data = arrival.tcp().payload();
      if (data.empty()) continue;
      acknowledgment_ += static_cast<uint32_t>(data.size());
      send(wire::kTcpAck);
      return {reinterpret_cast<const char*>(data.data()), data.size()};
    }
  }

  const wire::Endpoint& own() const { return own_; }
  const wire::Endpoint& peer() const { return peer_; }

 private:
  wire::TcpFields fields(uint8_t flags) const {
    wire::TcpFields result;
    result.sequence = wire::Sequence(sequence_);
    result.acknowledgment = wire::Sequence(acknowledgment_);
    result.flags = flags;
    result.window = 65535;
    return result;
  }
  void send(uint8_t flags, base::Bytes data = {}) {
    guest_.sends(tcp_frame(own_, peer_, fields(flags), data));
  }

  FakeGuest& guest_;
  wire::Endpoint own_;
  wire::Endpoint peer_;
  uint32_t sequence_ = 5000;
  uint32_t acknowledgment_ = 0;
};

}  // namespace nsrun::test
