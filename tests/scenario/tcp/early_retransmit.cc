// SPDX-License-Identifier: Apache-2.0
//
// RFC 5827: with two pieces in flight there will never be three duplicates; one is enough.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, EarlyRetransmit) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(2000);
  relay.loses(data(1000));
  relay.sends(data(1000));
  guest.sends(ack(1));
  relay.sends(data(1000).seq(1));
  guest.sends(ack(2001));
  flow.has_in_flight(0);
}

}  // namespace nsrun::tcp
