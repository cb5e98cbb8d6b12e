// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.10.7.4: a SYN beyond the old connection's numbers may begin a new one in
// TIME-WAIT, and only there.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, PortReuseInTimeWait) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(fin());
  relay.sends(ack(2));
  flow.is(State::kTimeWait);
  flow.yields_to(syn().seq(3));
  flow.yields_to(syn().seq(1'000'000'000));
  flow.keeps_against(syn().seq(2));
  flow.keeps_against(syn().seq(0));
  flow.keeps_against(syn().seq(0xc0000000));
  flow.keeps_against(syn_ack().seq(1000));
  flow.keeps_against(ack().seq(1000));
}

TEST_P(Scenario, PortReuseIsForTimeWaitOnly) {
  guest_connected();
  flow.keeps_against(syn().seq(100'000));
  guest.sends(fin());
  relay.sends(ack(2));
  flow.keeps_against(syn().seq(100'000));
}

}  // namespace nsrun::tcp
