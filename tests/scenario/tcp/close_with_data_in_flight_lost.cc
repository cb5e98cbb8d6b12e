// SPDX-License-Identifier: Apache-2.0
//
// The last data and the FIN are both lost; both arrive in order.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseWithDataInFlightLost) {
  guest_connected();
  host.gives(1000);
  relay.loses(data(1000));
  host.ends();
  relay.loses(fin());
  after(200ms);
  relay.sends(data(1000).seq(1));
  guest.sends(ack(1001));
  relay.sends(fin().seq(1001));
  guest.sends(ack(1002));
  flow.is(State::kFinWait2);
}

}  // namespace nsrun::tcp
