package main_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/miekg/dns"
)

// published are the TXT records that the name server of the shared demo knows, by their hosts.
var published sync.Map

// nameServer answers for as long as this process lives, as the demo does that asks it.
func nameServer(t *testing.T) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	records := func(host string) (string, bool) {
		value, ok := published.Load(host)
		text, _ := value.(string)
		return text, ok
	}
	s := &dns.Server{PacketConn: packets, Handler: answering(records, func(error) {})} // an answer that is lost fails a test by itself
	go func() { _ = s.ActivateAndServe() }()
	return packets.LocalAddr().String()
}

// within presses a button or link in the part of the page that has the heading.
func (c *chromium) within(heading, label string) {
	c.t.Helper()
	c.navigate(chromedp.Click(chromedp.Search(fmt.Sprintf(`//section[h2[contains(., %q)]]//*[self::button or self::a][starts-with(normalize-space(.), %q)]`, heading, label))))
}

// found opens somebody's page.
func (c *chromium) found(d demonstration, p person) {
	c.t.Helper()
	c.open(d.provider("/admin/people"))
	c.on("People")
	c.typeInto("q", strings.ToUpper(p.email))
	c.enter("q")
	c.press(p.email)
	c.on("Person")
}

// reset has the owner confirm that somebody's second steps go.
func (c *chromium) reset() {
	c.t.Helper()
	c.press("Reset two-step sign-in")
	c.on("Reset two-step sign-in?")
	c.press("Reset")
	c.on("Person")
}

func TestR17OwnerHelpsPeopleOfProvenDomainsAlone(t *testing.T) {
	d := show(t)
	inside, guest := d.person(t, "acme", "hedy@acme.test"), d.person(t, "acme", "guest@elsewhere.test")
	c := openChromium(t)
	c.settings(d, inside)
	c.enrolApp()
	c.on("My settings")

	o := d.owner(t, "acme", "/admin/people", "People")
	o.see("People")
	o.found(d, inside)
	o.see("Person")
	o.press("Reset two-step sign-in")
	o.see("Reset two-step sign-in?")
	o.press("Reset")
	o.on("Person")
	o.says("Two-step sign-in has been reset", "No second step is set up")
	c.settings(d, inside) // signed out everywhere
	c.on("Choose a second step")
	o.press("Issue an access code")
	o.see("Person")
	o.says("Access code", "It expires:")

	o.found(d, guest)
	o.reset()
	o.alerted("in no domain that your organisation has proven")
	o.see("Person")

	o.open(d.provider("/admin/domains"))
	o.do(chromedp.SendKeys(chromedp.CSS("#name"), "Elsewhere.test"))
	o.press("Add domain")
	o.says("The domain has been added", "Not proven yet")
	o.see("Domains")
	record := evaluate[[]string](o, `[...[...document.querySelectorAll('section')].find(s => s.querySelector('h2').innerText.includes('elsewhere.test')).querySelectorAll('code')].map(e => e.textContent)`)
	o.within("elsewhere.test", "Check now")
	o.alerted("The record was not found")
	published.Store(record[0], record[1])
	o.within("elsewhere.test", "Check now")
	o.says("The domain is proven to be yours")

	o.found(d, guest)
	o.reset()
	o.says("Two-step sign-in has been reset")
	o.open(d.provider("/admin/domains"))
	o.within("elsewhere.test", "Remove")
	o.on("Remove elsewhere.test?")
	o.press("Remove domain")
	o.says("The domain has been removed")
	o.not("elsewhere.test")
}

// A session at Acme opens nothing at Globex. Where the application names no tenant, the person chooses.
func TestR19WhoComesFromAcmeProvesThemselvesAtGlobexAndChoosesBetweenTheAccounts(t *testing.T) {
	d, c := show(t), openChromium(t)
	there := d.person(t, "globex", "kim@globex.test")
	c.open(d.app())
	c.press("Sign in with an account of contoso.test")
	c.upstream("Contoso", "kim@contoso.test")
	c.back()
	c.forgets(d)
	c.enterAt(d, "Globex", there)
	c.in()
	c.claims(map[string]string{"tenant": "globex", "email": there.email})

	c.forgets(d)
	c.press("Sign in without")
	c.see("Sign in")
	c.says("Choose an account", "Kim Larsen, Acme", there.email, "Globex")
	c.navigate(chromedp.Click(chromedp.Search(`//button[@name="account"][contains(., "kim@contoso.test")]`)))
	c.in()
	c.claims(map[string]string{"tenant": "acme", "email": "kim@contoso.test"})
}
