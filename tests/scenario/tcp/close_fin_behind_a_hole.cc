// SPDX-License-Identifier: Apache-2.0
//
// A FIN that overtook data waits for it.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseFinBehindAHole) {
  guest_connected();
  guest.loses(data(100));
  guest.sends(fin());
  relay.sends(ack(1));
  host.sees_no_end();
  flow.is(State::kEstablished);
  guest.sends(data(100).seq(1).with_fin());
  relay.sends(ack(102));
  host.sees_the_end();
}

}  // namespace nsrun::tcp
