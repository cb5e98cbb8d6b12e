// SPDX-License-Identifier: Apache-2.0
//
// A later acknowledgment says what the lost one said.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, AcknowledgmentLost) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(2000);
  relay.sends(data(1000));
  relay.sends(data(1000));
  guest.loses(ack(1001));
  guest.sends(ack(2001));
  flow.has_in_flight(0);
  flow.has_deadline_in(2h + 4min);
}

}  // namespace nsrun::tcp
