// SPDX-License-Identifier: Apache-2.0
#include "launcher/flow_resets.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <exception>
#include <optional>
#include <sstream>
#include <string>

#include "base/log.hh"
#include "os/text_file.hh"
#include "wire/checksum.hh"
#include "wire/ethernet.hh"
#include "wire/ipv4.hh"
#include "wire/ipv6.hh"
#include "wire/tcp.hh"
#include "wire/virtio_net.hh"

namespace nsrun::launcher {
namespace {

// linux/tcp_states.h. In the other ones the guest's kernel repeats what it sent, or waits for
// nothing.
enum TcpState : uint8_t { kEstablished = 1, kFinWait2 = 5, kCloseWait = 8 };

// What the frames seem to come from: a locally administered address.
constexpr wire::MacAddress kSource{{0x52, 0x55, 0, 0, 0, 1}};
constexpr size_t kFrameBytes =
    sizeof(wire::EthernetHeader) + sizeof(wire::Ipv6Header) + sizeof(wire::TcpHeader);

std::optional<uint32_t> parse_hex(std::string_view digits) {
  uint32_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// "6402000A:0050": the address as words in the order of this machine's memory, the port as a
// number.
std::optional<wire::Endpoint> parse_endpoint(std::string_view text) {
  constexpr size_t kWordDigits = 8;
  const size_t colon = text.find(':');
  const bool has_address = colon == kWordDigits || colon == 4 * kWordDigits;
  if (!has_address) return std::nullopt;
  std::array<uint32_t, 4> words{};
  const size_t count = colon / kWordDigits;
  for (size_t i = 0; i < count; ++i) {
    const auto word = parse_hex(text.substr(i * kWordDigits, kWordDigits));
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const auto port = parse_hex(text.substr(colon + 1));
  if (!port || *port > UINT16_MAX) return std::nullopt;
  const base::Bytes bytes = std::as_bytes(std::span(words)).first(count * sizeof(uint32_t));
  return wire::Endpoint{wire::IpAddress::from_bytes(bytes), static_cast<uint16_t>(*port)};
}

bool may_wait_in_silence(uint32_t state) noexcept {
  return state == kEstablished || state == kFinWait2 || state == kCloseWait;
}

// "   0: 6402000A:A1B2 020200C0:0050 01 ..."
std::optional<LiveFlow> parse_line(const std::string& line) {
  std::istringstream words(line);
  std::string number;
  std::string own_text;
  std::string other_text;
  std::string state_text;
  words >> number >> own_text >> other_text >> state_text;
  const auto own = parse_endpoint(own_text);
  const auto other = parse_endpoint(other_text);
  const auto state = parse_hex(state_text);
  if (!own || !other || !state || !may_wait_in_silence(*state)) return std::nullopt;
  return LiveFlow{*own, *other};
}

void write_ip(base::ByteWriter& writer, const LiveFlow& flow) {
  if (flow.own.address.is_v4()) {
    writer.write(
        base::bytes_of(wire::make_ipv4_header({.source = flow.other.address,
                                               .destination = flow.own.address,
                                               .protocol = wire::kProtocolTcp,
                                               .payload_length = sizeof(wire::TcpHeader)})));
  } else {
    writer.write(
        base::bytes_of(wire::make_ipv6_header({.source = flow.other.address,
                                               .destination = flow.own.address,
                                               .next_header = wire::kProtocolTcp,
                                               .payload_length = sizeof(wire::TcpHeader)})));
  }
}

void provoke_reset(const os::Tap& tap, const wire::MacAddress& guest, const LiveFlow& flow) {
  // In front of the frame stands a virtio-net header of zeros: nothing is left to the kernel.
  std::array<std::byte, sizeof(wire::VirtioNetHeader) + kFrameBytes> space{};
  const size_t header_bytes =
      tap.features.has_virtio_net_header ? sizeof(wire::VirtioNetHeader) : 0;
  const size_t frame_bytes =
      emit_challenge(base::MutableBytes(space).subspan(header_bytes), guest, flow);
  if (::write(tap.fd.number(), space.data(), header_bytes + frame_bytes) < 0) {
    base::log::debug("write to the TAP: {}", base::error_text(errno));
  }
}

}  // namespace

std::vector<LiveFlow> parse_live_flows(std::string_view table) {
  std::vector<LiveFlow> flows;
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    if (const auto flow = parse_line(line)) flows.push_back(*flow);
  }
  return flows;
}

size_t emit_challenge(base::MutableBytes out, const wire::MacAddress& guest, const LiveFlow& flow) {
  base::ByteWriter writer(out);
  const bool is_v4 = flow.own.address.is_v4();
  writer.write(base::bytes_of(
      wire::EthernetHeader{guest, kSource, is_v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6}));
  write_ip(writer, flow);
  const base::MutableBytes segment = writer.reserve(sizeof(wire::TcpHeader));
  if (!writer.ok()) return 0;
  wire::TcpFields fields;
  fields.source_port = flow.other.port;
  fields.destination_port = flow.own.port;
  fields.flags = wire::kTcpSyn;
  wire::emit_tcp_header(segment, fields);
  wire::set_transport_checksum(segment, wire::kTcpChecksumOffset, flow.other.address,
                               flow.own.address, wire::kProtocolTcp);
  return writer.written().size();
}

std::vector<std::string> tcp_tables_of(pid_t guest) {
  std::vector<std::string> tables;
  for (const char* table : {"tcp", "tcp6"}) {
    tables.push_back(os::text_or_nothing(fmt::format("/proc/{}/net/{}", guest, table)));
  }
  return tables;
}

void provoke_resets(const os::Tap& tap, const FlowTables& tables) noexcept {
  try {
    const auto mac = os::device_mac(tap.fd);
    if (!mac) return;
    for (const std::string& table : tables()) {
      for (const LiveFlow& flow : parse_live_flows(table)) provoke_reset(tap, *mac, flow);
    }
  } catch (const std::exception& error) {
    base::log::debug("connections of the dead helper may linger: {}", error.what());
  }
}

}  // namespace nsrun::launcher
