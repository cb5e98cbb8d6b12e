// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.10.7.4, fifth: without ACK, SYN or RST there is nothing to talk about.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, SegmentWithoutAck) {
  guest_connected();
  Sketch bare = data(100);
  bare.flags.ack = false;
  guest.sends(bare);
  relay.is_silent();
  host.has_received(0);
}

}  // namespace nsrun::tcp
