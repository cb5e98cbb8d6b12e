// SPDX-License-Identifier: Apache-2.0
//
// The guest acknowledges our FIN and sends its own in one segment.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseHostFirstFinAnswersFin) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(fin());
  relay.sends(ack(2));
  flow.is(State::kTimeWait);
}

}  // namespace nsrun::tcp
