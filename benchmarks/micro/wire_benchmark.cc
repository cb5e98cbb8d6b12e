// SPDX-License-Identifier: Apache-2.0
//
// What every packet pays for in the wire room: checksums, parsing, the flow hash.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "wire/checksum.hh"
#include "wire/ethernet.hh"
#include "wire/flow_key.hh"
#include "wire/ip_header.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace nsrun::wire {
namespace {

void checksum(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<size_t>(state.range(0)), std::byte{0x5a});
  for (auto _ : state) benchmark::DoNotOptimize(internet_checksum(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum)->Arg(64)->Arg(1500)->Arg(65536);

// A TCP segment with `payload_bytes` from the guest to a host, with the offload's partial checksum.
std::vector<std::byte> tcp_frame(bool is_v4, size_t payload_bytes) {
  const IpAddress guest = *IpAddress::parse(is_v4 ? "10.0.2.100" : "fd00::100");
  const IpAddress remote = *IpAddress::parse(is_v4 ? "192.0.2.80" : "2001:db8::80");
  std::array<std::byte, kMaxTcpHeaderBytes> tcp;
  TcpFields fields;
  fields.source_port = 40000;
  fields.destination_port = 80;
  fields.flags = kTcpAck;
  fields.options.timestamps = TcpTimestamps{1, 2};
  const size_t tcp_bytes = emit_tcp_header(tcp, fields);

  std::vector<std::byte> frame(sizeof(EthernetHeader) + sizeof(Ipv6Header) + tcp_bytes +
                               payload_bytes);
  base::ByteWriter writer(frame);
  writer.write(base::bytes_of(EthernetHeader{{}, {}, is_v4 ? kEtherTypeIpv4 : kEtherTypeIpv6}));
  write_ip_header(writer, guest, remote, kProtocolTcp, tcp_bytes + payload_bytes);
  writer.write(base::Bytes(tcp).first(tcp_bytes));
  writer.fill(payload_bytes, std::byte{1});
  return {frame.begin(), frame.begin() + static_cast<long>(writer.written().size())};
}

void parse_tcp_frame(benchmark::State& state) {
  const auto frame = tcp_frame(state.range(0) == 4, 1448);
  for (auto _ : state) {
    const ParsedFrame parsed = parse_frame(frame);
    benchmark::DoNotOptimize(&parsed);
    if (parsed.status != ParseStatus::kIp) state.SkipWithError("the frame was refused");
  }
}
BENCHMARK(parse_tcp_frame)->ArgName("ip")->Arg(4)->Arg(6);

void flow_hash(benchmark::State& state) {
  const FlowHash hash({0x0123456789abcdef, 0xfedcba9876543210});
  FlowKey key{Transport::kTcp,
              {*IpAddress::parse("10.0.2.100"), 40000},
              {*IpAddress::parse("192.0.2.80"), 80}};
  for (auto _ : state) {
    key.guest.port++;
    benchmark::DoNotOptimize(hash(key));
  }
}
BENCHMARK(flow_hash);

}  // namespace
}  // namespace nsrun::wire
