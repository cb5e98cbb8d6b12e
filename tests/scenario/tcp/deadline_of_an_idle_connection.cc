// SPDX-License-Identifier: Apache-2.0
//
// No timer but the keepalive's while nothing is under way, and none for a closed one.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, DeadlineOfAnIdleConnection) {
  guest_connected();
  flow.has_deadline_in(2h + 4min);
  host.gives(100);
  relay.sends(data(100));
  flow.has_deadline_in(200ms);
  guest.sends(ack(101));
  flow.has_deadline_in(2h + 4min);
  host.resets();
  relay.sends(rst_ack());
  flow.has_no_deadline();
}

}  // namespace nsrun::tcp
