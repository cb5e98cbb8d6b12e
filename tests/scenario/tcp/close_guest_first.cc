// SPDX-License-Identifier: Apache-2.0
//
// The guest's FIN is the end of stream for the host; ours ends the connection.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseGuestFirst) {
  guest_connected();
  guest.sends(fin());
  relay.sends(ack(2));
  host.sees_the_end();
  flow.is(State::kCloseWait);
  host.ends();
  relay.sends(fin().ack(2));
  flow.is(State::kLastAck);
  guest.sends(ack(2));
  flow.is(State::kClosed);
  flow.has_no_deadline();
}

}  // namespace nsrun::tcp
