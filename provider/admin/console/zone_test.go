package console_test

import (
	"net"

	"github.com/miekg/dns"

	"sallyport/provider/domain"
)

// resolver asks a name server on the loopback that knows the records of the world, and no name beside them.
func (w *world) resolver() *net.Resolver {
	w.t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	w.must(err)
	up, down := make(chan struct{}), make(chan error, 1)
	s := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(w.name), NotifyStartedFunc: func() { close(up) }}
	go func() { down <- s.ActivateAndServe() }()
	<-up
	w.t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			w.t.Error(err)
		}
		if err := <-down; err != nil {
			w.t.Error(err)
		}
	})
	return domain.Resolver(packets.LocalAddr().String())
}

func (w *world) name(to dns.ResponseWriter, ask *dns.Msg) {
	q, m := ask.Question[0], new(dns.Msg).SetReply(ask)
	text, known := w.records.Load(q.Name)
	switch {
	case !known:
		m.Rcode = dns.RcodeNameError
	case text == "":
		m.Rcode = dns.RcodeServerFailure
	case q.Qtype == dns.TypeTXT:
		m.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{text.(string)}}}
	}
	if err := to.WriteMsg(m); err != nil {
		w.t.Error(err)
	}
}
