// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.8.3: after twelve retransmissions without an answer the guest is gone.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, RetransmissionGivesUp) {
  guest_connected();
  host.gives(1000);
  relay.loses(data(1000));
  for (int retry = 0; retry < 12; ++retry) {
    after(retry < 9 ? 200ms * (1 << retry) : 60s);
    relay.loses(data(1000).seq(1));
  }
  after(60s - 1ms);
  flow.is(State::kEstablished);
  after(1ms);
  relay.sends(rst_ack().seq(1001));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
