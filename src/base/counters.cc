// SPDX-License-Identifier: Apache-2.0
#include "base/counters.hh"

namespace nsrun::base {
namespace {

constexpr std::string_view kNames[] = {
    "frames_from_guest",
    "frames_to_guest",
    "bytes_from_guest",
    "bytes_to_guest",
    "dropped_too_short",
    "dropped_bad_virtio_header",
    "dropped_bad_ip",
    "dropped_bad_transport",
    "dropped_unknown_ether_type",
    "dropped_foreign_mac",
    "dropped_unfit_for_stack",
    "dropped_tap_full",
    "dropped_fragment_timeout",
    "dropped_fragment_overlap",
    "dropped_fragment_memory",
    "denied_by_policy",
    "dns_queries",
    "dns_failures",
    "dns_dropped",
    "slirp_frames",
    "tcp_flows_opened",
    "tcp_flows_closed",
    "tcp_flows_refused",
    "tcp_flows_reaped",
    "tcp_retransmits",
    "tcp_bad_checksum",
    "udp_flows_opened",
    "udp_flows_expired",
    "udp_flows_refused",
    "udp_dropped",
    "capture_dropped",
};
static_assert(std::size(kNames) == kCounterCount, "every counter has a name");

}  // namespace

std::string_view counter_name(Counter counter) noexcept {
  return kNames[static_cast<size_t>(counter)];
}

}  // namespace nsrun::base
