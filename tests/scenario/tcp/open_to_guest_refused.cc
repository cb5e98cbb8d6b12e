// SPDX-License-Identifier: Apache-2.0
//
// A reset that acknowledges our SYN refuses the client.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenToGuestRefused) {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(rst_ack().ack(1));
  flow.is(State::kClosed);
  relay.is_silent();
}

TEST_P(Scenario, OpenToGuestIsNotRefusedByAStray) {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(rst());
  guest.sends(rst_ack().ack(2));
  flow.is(State::kSynSent);
  relay.is_silent();
}

}  // namespace nsrun::tcp
