// SPDX-License-Identifier: Apache-2.0
//
// The guest still holds an old connection of that name: it acknowledges something else, is reset,
// and then takes the SYN.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenToGuestMeetsOldConnection) {
  host.client_arrives();
  relay.sends(syn());
  guest.sends(ack(500).seq(77'000));
  relay.sends(rst().seq(500));
  flow.is(State::kSynSent);
  after(1s);
  relay.sends(syn().seq(0));
  guest.sends(syn_ack().seq(0));
  relay.sends(ack(1));
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
