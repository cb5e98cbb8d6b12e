// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow_page.hh"

namespace nsrun::dataplane {
namespace {

// Of a table, per page: at most three quarters of them hold a flow.
constexpr size_t kSlots = 256;
// Where one goes on: the relay above, the position in its table below.
constexpr uint32_t kRelayShift = 28;
constexpr uint32_t kPositionMask = (1U << kRelayShift) - 1;
enum Relay : uint32_t { kTcp, kUdp, kEcho, kSpliced, kRelayCount };

}  // namespace

wire::FlowPage flow_page(const TcpRelay& tcp, const UdpRelay& udp, const EchoRelay& echo,
                         const SpliceRelay& spliced, uint32_t from, base::Time now) {
  wire::FlowPage page;
  const uint32_t relay = from >> kRelayShift;
  const size_t position = from & kPositionMask;
  std::optional<size_t> next;
  if (relay == kTcp) next = tcp.report_some(position, kSlots, now, page.flows);
  if (relay == kUdp) next = udp.report_some(position, kSlots, now, page.flows);
  if (relay == kSpliced) next = spliced.report_some(position, kSlots, now, page.flows);
  if (relay == kEcho) echo.report_all(now, page.flows);
  if (next) {
    page.next = relay << kRelayShift | static_cast<uint32_t>(*next);
  } else if (relay + 1 < kRelayCount) {
    page.next = (relay + 1) << kRelayShift;
  }
  return page;
}

}  // namespace nsrun::dataplane
