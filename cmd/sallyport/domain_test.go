package main_test

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// resolver is a name server in which a TXT record can be published; it returns its address.
func resolver(t *testing.T, record func(host string) (value string, ok bool)) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	up, down := make(chan struct{}), make(chan error, 1)
	s := &dns.Server{PacketConn: packets, NotifyStartedFunc: func() { close(up) }}
	s.Handler = answering(record, func(err error) { t.Error(err) })
	go func() { down <- s.ActivateAndServe() }()
	<-up
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
	})
	return packets.LocalAddr().String()
}

// answering knows TXT records alone.
func answering(record func(host string) (value string, ok bool), failed func(error)) dns.HandlerFunc {
	return func(w dns.ResponseWriter, ask *dns.Msg) {
		m := new(dns.Msg).SetRcode(ask, dns.RcodeNameError)
		name := ask.Question[0].Name
		if value, ok := record(strings.TrimSuffix(name, ".")); ok {
			m.SetRcode(ask, dns.RcodeSuccess)
			m.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{value}}}
		}
		m.RecursionAvailable = true
		if err := w.WriteMsg(m); err != nil {
			failed(err)
		}
	}
}

var txt = regexp.MustCompile(`(?m)^host:  (_sallyport-challenge\.acme\.test)\nvalue: (sallyport-domain-verification=[a-z2-7]{32})$`)

func TestR17DomainIsProvenFromTheCommandLine(t *testing.T) {
	t.Parallel()
	published := make(chan [2]string, 1) // host and value, once they are
	at := resolver(t, func(host string) (string, bool) {
		select {
		case record := <-published:
			published <- record
			return record[1], host == record[0]
		default:
			return "", false
		}
	})
	c, _ := acme(t, "SALLYPORT_DNS_RESOLVER="+at)
	out := c.must("admin", "domain", "add", "--tenant", "acme", "ACME.test")
	m := txt.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("printed:\n%s", out)
	}
	c.refuses(t, "is pending: the record is not in the DNS", "admin", "domain", "check", "--tenant", "acme", "acme.test")
	c.refuses(t, "outside the organisation's proven domains", "admin", "user", "reset-factors", "--tenant", "acme", "user@acme.test", "--by", "admin@acme.test")
	published <- [2]string{m[1], m[2]}
	if out := c.must("admin", "domain", "check", "--tenant", "acme", "acme.test"); !strings.HasPrefix(out, "acme.test is proven since 2") {
		t.Errorf("printed:\n%s", out)
	}
	c.must("admin", "user", "reset-factors", "--tenant", "acme", "user@acme.test", "--by", "admin@acme.test")
	rows := decode[[]map[string]any](t, c.must("admin", "domain", "list", "--tenant", "acme", "--json"))
	if len(rows) != 1 || rows[0]["state"] != "proven" || rows[0]["txt_host"] != m[1] || rows[0]["txt_value"] != m[2] {
		t.Errorf("%v", rows)
	}
	c.must("admin", "domain", "remove", "--tenant", "acme", "acme.test")
	c.refuses(t, "outside the organisation's proven domains", "admin", "user", "reset-factors", "--tenant", "acme", "user@acme.test", "--by", "admin@acme.test")
}

func (c command) refuses(t *testing.T, want string, args ...string) {
	t.Helper()
	if out, problems, code := c.try("", args...); code != 1 || !strings.Contains(problems, want) || out != "" {
		t.Errorf("%v: exit %d, want %q\n%s%s", args, code, want, out, problems)
	}
}

func TestDomainsAreConnectedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	c, d := acme(t)
	c.must("admin", "tenant", "add", "globex")
	for _, slug := range []string{"acme", "globex"} {
		arrange(t, d, `INSERT INTO connections (tenant_id, id, kind, name, settings, created_at)
			SELECT tenant_id, gen_random_uuid(), 'oidc', 'Office of ' || slug, '{}', now() FROM tenants WHERE slug = $1`, slug)
	}
	c.must("admin", "domain", "add", "--tenant", "acme", "acme.test")
	for _, row := range []struct{ want, connection string }{{"Office of acme", "--connection=Office of acme"}, {"-", "--none"}} {
		c.must("admin", "domain", "connect", "--tenant", "acme", "acme.test", row.connection)
		if out := c.must("admin", "domain", "list", "--tenant", "acme"); !regexp.MustCompile(`acme\.test +pending +` + row.want + ` +never`).MatchString(out) {
			t.Errorf("listed:\n%s", out)
		}
	}
	c.refuses(t, "no connection Office of globex", "admin", "domain", "connect", "--tenant", "acme", "acme.test", "--connection", "Office of globex")
	c.refuses(t, "has no domain other.test", "admin", "domain", "connect", "--tenant", "acme", "other.test", "--none")
	c.refuses(t, "has no domain other.test", "admin", "domain", "remove", "--tenant", "acme", "other.test")
	c.refuses(t, "has the domain acme.test already", "admin", "domain", "add", "--tenant", "acme", "acme.test")
	c.refuses(t, "belongs to its registry", "admin", "domain", "add", "--tenant", "acme", "com")
	if _, problems, code := c.try("", "admin", "domain", "connect", "--tenant", "acme", "acme.test"); code != 2 || !strings.Contains(problems, "--none") {
		t.Errorf("exit %d: %s", code, problems)
	}
}
