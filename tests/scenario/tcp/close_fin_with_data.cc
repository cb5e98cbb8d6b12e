// SPDX-License-Identifier: Apache-2.0
//
// Data and FIN in one segment: the data first, then the end.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseFinWithData) {
  guest_connected();
  guest.sends(data(100).with_fin());
  relay.sends(ack(102));
  host.has_received(100);
  host.sees_the_end();
  flow.is(State::kCloseWait);
}

}  // namespace nsrun::tcp
