// SPDX-License-Identifier: Apache-2.0
#include "launcher/flow_resets.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <exception>

#include "base/log.hh"
#include "os/text_file.hh"
#include "rules/proc_sockets.hh"
#include "wire/checksum.hh"
#include "wire/ethernet.hh"
#include "wire/ip_header.hh"
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

bool may_wait_in_silence(uint32_t state) noexcept {
  return state == kEstablished || state == kFinWait2 || state == kCloseWait;
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
  for (const rules::ProcSocket& socket : rules::parse_proc_sockets(table)) {
    if (may_wait_in_silence(socket.state)) flows.push_back({socket.own, socket.other});
  }
  return flows;
}

size_t emit_challenge(base::MutableBytes out, const wire::MacAddress& guest, const LiveFlow& flow) {
  base::ByteWriter writer(out);
  const bool is_v4 = flow.own.address.is_v4();
  writer.write(base::bytes_of(
      wire::EthernetHeader{guest, kSource, is_v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6}));
  wire::write_ip_header(writer, flow.other.address, flow.own.address, wire::kProtocolTcp,
                        sizeof(wire::TcpHeader));
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
