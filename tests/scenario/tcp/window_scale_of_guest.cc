// SPDX-License-Identifier: Apache-2.0
//
// RFC 7323: the shift is the one of the SYN, at most 14, and never applied to the SYN's own
// window.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowScaleZero) {
  guest.shift = 0;
  guest.window = 1000;
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack().wscale(8));
  guest.sends(ack(1));
  flow.can_send(1000);
}

TEST_P(Scenario, WindowScaleSeven) {
  guest.shift = 7;
  guest.window = 1000;
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack().wscale(8));
  guest.sends(ack(1));
  flow.can_send(1000 << 7);
}

TEST_P(Scenario, WindowScaleFourteenUpToTheLimit) {
  guest.shift = 14;
  guest.window = 1000;
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack().wscale(8));
  guest.sends(ack(1));
  flow.can_send(1 << 20);
}

TEST_P(Scenario, WindowScaleBeyondFourteenCountsAsFourteen) {
  guest.shift = 200;
  guest.window = 1000;
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack().wscale(8));
  guest.sends(ack(1));
  flow.can_send(1 << 20);
}

TEST_P(Scenario, WindowScaleNotForTheSyn) {
  host.client_arrives();
  relay.sends(syn());
  guest.window = 1000;
  guest.sends(syn_ack().window(1000));
  relay.sends(ack(1));
  flow.can_send(1000);
  guest.sends(ack(1));
  flow.can_send(1000 << 7);
}

}  // namespace nsrun::tcp
