// SPDX-License-Identifier: Apache-2.0
//
// RFC 6582: two holes in one window; the partial acknowledgment brings the second at once.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, PartialAcknowledgment) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(5000);
  relay.loses(data(1000));
  relay.sends(data(1000));
  relay.loses(data(1000));
  relay.sends(data(1000));
  relay.sends(data(1000));
  for (int duplicate = 0; duplicate < 3; ++duplicate) guest.sends(ack(1));
  relay.sends(data(1000).seq(1));
  guest.sends(ack(2001));
  relay.sends(data(1000).seq(2001));
  guest.sends(ack(5001));
  flow.has_in_flight(0);
  relay.is_silent();
}

}  // namespace nsrun::tcp
