// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow_error.hh"

#include <array>
#include <cerrno>

#include "wire/ethernet.hh"
#include "wire/ip_header.hh"
#include "wire/tcp.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

constexpr size_t kMaxQuotation = sizeof(wire::Ipv6Header) + sizeof(wire::TcpHeader);

// The guest's packet, made again: its addresses, ports and number are what it is recognized by.
void quote(base::ByteWriter& writer, const wire::FlowKey& flow, wire::Sequence sequence) noexcept {
  const bool is_tcp = flow.transport == wire::Transport::kTcp;
  const size_t length = is_tcp ? sizeof(wire::TcpHeader) : sizeof(wire::UdpHeader);
  wire::write_ip_header(writer, flow.guest.address, flow.remote.address,
                        static_cast<uint8_t>(flow.transport), length);
  if (!is_tcp) {
    writer.write(base::bytes_of(wire::make_udp_header(flow.guest.port, flow.remote.port, 0)));
    return;
  }
  wire::TcpFields fields;
  fields.source_port = flow.guest.port;
  fields.destination_port = flow.remote.port;
  fields.sequence = sequence;
  fields.flags = wire::kTcpSyn;
  wire::emit_tcp_header(writer.reserve(length), fields);
}

}  // namespace

std::optional<wire::IcmpError> icmp_error_for(int error) noexcept {
  switch (error) {
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:  // of a host without an IPv6 address
    case EAFNOSUPPORT:
      return wire::IcmpError::kNetworkUnreachable;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENONET:
      return wire::IcmpError::kHostUnreachable;
    case EACCES:
    case EPERM:
    case EINVAL:
      return wire::IcmpError::kAdministrativelyProhibited;
    default:
      return std::nullopt;
  }
}

void send_flow_error(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow,
                     const FlowError& error) noexcept {
  std::array<std::byte, kMaxQuotation> quotation;
  base::ByteWriter quoted(quotation);
  quote(quoted, flow, error.syn_sequence);

  std::array<std::byte, sizeof(wire::EthernetHeader) + wire::kMaxIcmpV6ErrorBytes> frame;
  wire::store_header(frame,
                     wire::EthernetHeader{
                         link.guest, link.ours,
                         flow.guest.address.is_v4() ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6});
  const size_t length =
      wire::emit_icmp_error(base::MutableBytes(frame).subspan(sizeof(wire::EthernetHeader)),
                            error.error, error.reporter, quoted.written(), error.next_hop_mtu);
  if (length == 0) return;
  sink.send({}, base::Bytes(frame).first(sizeof(wire::EthernetHeader) + length), {});
}

}  // namespace nsrun::dataplane
