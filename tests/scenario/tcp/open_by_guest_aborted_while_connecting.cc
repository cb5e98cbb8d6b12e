// SPDX-License-Identifier: Apache-2.0
//
// The guest takes its SYN back before the host has answered.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestAbortedWhileConnecting) {
  guest.sends(syn());
  guest.sends(rst().seq(1));
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

TEST_P(Scenario, OpenByGuestIsNotAbortedByAnotherNumber) {
  guest.sends(syn());
  guest.sends(rst().seq(2));
  flow.is(State::kConnecting);
  relay.is_silent();
}

}  // namespace nsrun::tcp
