// SPDX-License-Identifier: Apache-2.0
//
// RFC 5961 section 4.2: a SYN on a live connection is challenged, inside the window or not. A
// guest that really began anew answers with a reset.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ChallengeSynInsideTheWindow) {
  guest_connected();
  guest.sends(syn().seq(1000));
  relay.sends(ack(1));
  flow.is(State::kEstablished);
}

TEST_P(Scenario, ChallengeSynOutsideTheWindow) {
  guest_connected();
  guest.sends(syn().seq(0x40000000));
  relay.sends(ack(1));
  flow.is(State::kEstablished);
  guest.sends(rst().seq(1));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
