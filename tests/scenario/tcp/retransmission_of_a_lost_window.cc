// SPDX-License-Identifier: Apache-2.0
//
// A whole window is lost: after the time-out each acknowledgment brings the next piece, without
// further time-outs.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, RetransmissionOfALostWindow) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(5000);
  for (int piece = 0; piece < 5; ++piece) relay.loses(data(1000));
  after(200ms);
  for (uint32_t first = 1; first < 5000; first += 1000) {
    relay.sends(data(1000).seq(first));
    guest.sends(ack());
  }
  flow.has_in_flight(0);
  relay.is_silent();
}

}  // namespace nsrun::tcp
