// SPDX-License-Identifier: Apache-2.0
//
// The flows of all relays in pages, each so short that the traffic does not notice: the tables hold
// a hundred thousand, and each flow costs a system call.
#pragma once

#include "dataplane/echo_relay.hh"
#include "dataplane/splice_relay.hh"
#include "dataplane/tcp_relay.hh"
#include "dataplane/udp_relay.hh"
#include "wire/flow_report.hh"

namespace nsrun::dataplane {

// `from`: 0, or the `next` of the page before. Any other number gives a page as well, or an empty
// last one. Throws std::bad_alloc.
wire::FlowPage flow_page(const TcpRelay& tcp, const UdpRelay& udp, const EchoRelay& echo,
                         const SpliceRelay& spliced, uint32_t from, base::Time now);

}  // namespace nsrun::dataplane
