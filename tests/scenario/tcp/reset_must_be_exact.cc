// SPDX-License-Identifier: Apache-2.0
//
// RFC 5961 section 3.2: a number that is only inside the window is challenged; the real guest then
// answers exactly.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ResetMustBeExact) {
  guest_connected();
  guest.sends(rst().seq(100));
  flow.is(State::kEstablished);
  relay.sends(ack(1));
  guest.sends(rst().seq(1));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
