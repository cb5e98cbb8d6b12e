// SPDX-License-Identifier: Apache-2.0
//
// RFC 5681 section 3.2: three duplicates, and the hole is filled without a timer.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, FastRetransmit) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(4000);
  relay.loses(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));

  guest.sends(ack(1));
  guest.sends(ack(1));
  relay.is_silent();
  guest.sends(ack(1));
  relay.sends(data(1000).seq(1));
  guest.sends(ack(4001));
  flow.has_in_flight(0);
  relay.is_silent();
}

}  // namespace nsrun::tcp
