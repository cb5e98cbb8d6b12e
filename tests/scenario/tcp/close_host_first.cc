// SPDX-License-Identifier: Apache-2.0
//
// Our FIN, the guest's FIN, and a short TIME-WAIT.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseHostFirst) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  flow.is(State::kFinWait1);
  guest.sends(ack(2));
  flow.is(State::kFinWait2);
  guest.sends(fin());
  relay.sends(ack(2));
  host.sees_the_end();
  flow.is(State::kTimeWait);
  flow.has_deadline_in(kTimeWait);
  after(kTimeWait);
  flow.is(State::kClosed);
  relay.is_silent();
}

}  // namespace nsrun::tcp
