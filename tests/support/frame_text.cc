// SPDX-License-Identifier: Apache-2.0
#include "support/frame_text.hh"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "wire/arp.hh"
#include "wire/icmp.hh"
#include "wire/tcp.hh"
#include "wire/udp.hh"

namespace nsrun::test {
namespace {

using namespace wire;

template <typename... Args>
void append(std::string& text, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
}

std::string flag_letters(uint8_t flags) {
  constexpr std::string_view kLetters = "FSRP.UEW";  // from bit 0 up, as tcpdump orders them
  std::string text;
  for (size_t bit = 0; bit < kLetters.size(); ++bit) {
    if ((flags >> bit & 1) != 0) text.push_back(kLetters[bit]);
  }
  return text.empty() ? "none" : text;
}

std::string option_list(const TcpOptions& options) {
  std::string text;
  if (options.maximum_segment_size) append(text, "mss {},", *options.maximum_segment_size);
  if (options.sack_permitted) append(text, "sackOK,");
  if (const auto& stamps = options.timestamps) {
    append(text, "TS val {} ecr {},", stamps->value, stamps->echo_reply);
  }
  if (options.window_scale) append(text, "wscale {},", *options.window_scale);
  if (!text.empty()) text.pop_back();
  return text;
}

void describe_tcp(std::string& text, const TcpView& tcp) {
  const size_t length = tcp.payload().size();
  const uint32_t sequence = tcp.sequence().value();
  append(text, "Flags [{}]", flag_letters(tcp.flags()));
  if (length != 0) {
    append(text, ", seq {}:{}", sequence, (tcp.sequence() + static_cast<uint32_t>(length)).value());
  } else if ((tcp.flags() & (kTcpSyn | kTcpFin | kTcpRst)) != 0) {
    append(text, ", seq {}", sequence);
  }
  if (tcp.has(kTcpAck)) append(text, ", ack {}", tcp.acknowledgment().value());
  append(text, ", win {}", tcp.window());
  const std::string options = option_list(tcp.options());
  if (!options.empty()) append(text, ", options [{}]", options);
  append(text, ", length {}", length);
}

std::string_view unreachable_reason(bool is_v4, uint8_t code) noexcept {
  if (is_v4) {
    switch (code) {
      case icmp_v4::kNetworkUnreachable:
        return "network";
      case icmp_v4::kHostUnreachable:
        return "host";
      case icmp_v4::kPortUnreachable:
        return "port";
      case icmp_v4::kFragmentationNeeded:
        return "need to frag";
      case icmp_v4::kAdministrativelyProhibited:
        return "admin prohibited";
      default:
        return "other";
    }
  }
  switch (code) {
    case icmp_v6::kNoRoute:
      return "no route";
    case icmp_v6::kAdministrativelyProhibited:
      return "admin prohibited";
    case icmp_v6::kAddressUnreachable:
      return "address";
    case icmp_v6::kPortUnreachable:
      return "port";
    default:
      return "other";
  }
}

void describe_icmp(std::string& text, const IcmpView& icmp, bool is_v4) {
  const uint8_t type = icmp.type();
  text += is_v4 ? "ICMP " : "ICMP6, ";
  if (type == (is_v4 ? icmp_v4::kEchoRequest : icmp_v6::kEchoRequest)) {
    append(text, "echo request, id {}, seq {}", icmp.identifier(), icmp.sequence());
  } else if (type == (is_v4 ? icmp_v4::kEchoReply : icmp_v6::kEchoReply)) {
    append(text, "echo reply, id {}, seq {}", icmp.identifier(), icmp.sequence());
  } else if (type ==
             (is_v4 ? icmp_v4::kDestinationUnreachable : icmp_v6::kDestinationUnreachable)) {
    append(text, "unreachable - {}", unreachable_reason(is_v4, icmp.code()));
    if (is_v4 && icmp.code() == icmp_v4::kFragmentationNeeded) {
      append(text, " (mtu {})", icmp.sequence());
    }
  } else if (!is_v4 && type == icmp_v6::kPacketTooBig) {
    append(text, "packet too big, mtu {}", uint32_t{icmp.identifier()} << 16 | icmp.sequence());
  } else if (type == (is_v4 ? icmp_v4::kTimeExceeded : icmp_v6::kTimeExceeded)) {
    text += "time exceeded";
  } else {
    append(text, "type {}, code {}", type, icmp.code());
  }
  append(text, ", length {}", icmp.message().size());
}

std::string_view protocol_name(uint8_t protocol) noexcept {
  switch (protocol) {
    case kProtocolIcmp:
      return "icmp";
    case kProtocolTcp:
      return "tcp";
    case kProtocolUdp:
      return "udp";
    case kProtocolIcmpV6:
      return "icmp6";
    default:
      return {};
  }
}

void describe_protocol(std::string& text, const Packet& packet) {
  const std::string_view name = protocol_name(packet.protocol);
  if (name.empty()) {
    append(text, "protocol {}", packet.protocol);
  } else {
    text += name;
  }
  append(text, ", length {}", packet.transport.size());
}

void describe_fragment(std::string& text, const Packet& packet) {
  const Fragment& fragment = *packet.fragment;
  append(text, "frag (id {}, offset {}{}), ", fragment.identification, fragment.offset_bytes,
         fragment.more_fragments ? ", more" : "");
  describe_protocol(text, packet);
}

void describe_transport(std::string& text, const Packet& packet) {
  if (packet.protocol == kProtocolTcp) {
    if (const auto tcp = TcpView::parse(packet.transport)) describe_tcp(text, *tcp);
  } else if (packet.protocol == kProtocolUdp) {
    if (const auto udp = UdpView::parse(packet.transport)) {
      append(text, "UDP, length {}", udp->payload().size());
    }
  } else if (packet.protocol == (packet.is_v4 ? kProtocolIcmp : kProtocolIcmpV6)) {
    if (const auto icmp = IcmpView::parse(packet.transport)) {
      describe_icmp(text, *icmp, packet.is_v4);
    }
  } else {
    describe_protocol(text, packet);
  }
}

std::string describe_arp(base::Bytes frame) {
  const base::Bytes message = frame.subspan(sizeof(EthernetHeader));
  const auto arp = ArpView::parse(message);
  if (!arp) return fmt::format("ARP, malformed, length {}", message.size());
  if (arp->operation() == kArpRequest) {
    return fmt::format("ARP, Request who-has {} tell {}, length {}", arp->target_ip(),
                       arp->sender_ip(), message.size());
  }
  if (arp->operation() == kArpReply) {
    return fmt::format("ARP, Reply {} is-at {}, length {}", arp->sender_ip(),
                       arp->sender_mac().to_string(), message.size());
  }
  return fmt::format("ARP, operation {}, length {}", arp->operation(), message.size());
}

}  // namespace

std::string describe_packet(const Packet& packet) {
  std::string text = packet.is_v4 ? "IP " : "IP6 ";
  if (packet.is_flow()) {
    append(text, "{}.{} > {}.{}: ", packet.source, packet.source_port, packet.destination,
           packet.destination_port);
  } else {
    append(text, "{} > {}: ", packet.source, packet.destination);
  }
  if (packet.fragment) {
    describe_fragment(text, packet);
  } else {
    describe_transport(text, packet);
  }
  return text;
}

std::string describe_frame(base::Bytes frame) {
  const ParsedFrame parsed = parse_frame(frame);
  switch (parsed.status) {
    case ParseStatus::kIp:
      return describe_packet(parsed.packet);
    case ParseStatus::kArp:
      return describe_arp(frame);
    case ParseStatus::kTooShort:
      return fmt::format("truncated frame, length {}", frame.size());
    case ParseStatus::kBadIp:
      return fmt::format("malformed IP packet, length {}", frame.size());
    case ParseStatus::kBadTransport:
      return fmt::format("{} > {}: malformed transport header, protocol {}, length {}",
                         parsed.packet.source, parsed.packet.destination, parsed.packet.protocol,
                         frame.size());
    case ParseStatus::kUnknownEtherType:
      break;
  }
  return fmt::format("ethertype {:#06x}, length {}",
                     static_cast<uint16_t>(parsed.packet.ethernet.ether_type), frame.size());
}

}  // namespace nsrun::test
