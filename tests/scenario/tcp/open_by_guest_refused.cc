// SPDX-License-Identifier: Apache-2.0
//
// A port that is closed on the host looks closed in the guest (RFC 9293 section 3.10.7.1).
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestRefused) {
  guest.sends(syn());
  host.refuses();
  relay.sends(rst_ack().ack(1));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
