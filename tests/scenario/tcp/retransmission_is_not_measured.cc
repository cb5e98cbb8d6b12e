// SPDX-License-Identifier: Apache-2.0
//
// Karn's algorithm: what was sent twice does not say how long the way is.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, RetransmissionIsNotMeasured) {
  host.client_arrives();
  relay.sends(syn());
  after(20ms);
  guest.sends(syn_ack());
  relay.sends(ack(1));
  host.gives(1000);
  relay.loses(data(1000));
  after(200ms);
  relay.sends(data(1000).seq(1));
  after(150ms);
  guest.sends(ack(1001));
  flow.measured_round_trip(20ms);
}

}  // namespace nsrun::tcp
