package main_test

import (
	"context"
	_ "embed"
	"encoding/base32"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

//go:embed testdata/axe.min.js
var axe string

func (c *chromium) where() string {
	ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
	defer cancel()
	at, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return at + "\n" + text
}

// shots numbers the pages that were looked at.
var shots atomic.Int64

// see expects the page with the heading, looks at it in light and dark and at the width of a telephone, and
// has axe-core check it each time.
func (c *chromium) see(heading string) {
	c.t.Helper()
	c.on(heading)
	shot := shots.Add(1)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1000, 375} {
			c.do(emulate(scheme), chromedp.EmulateViewport(width, 900))
			c.check(fmt.Sprintf("%s, %s, %d px", heading, scheme, width))
			c.picture(fmt.Sprintf("%s-%02d-%s-%d", c.t.Name(), shot, scheme, width))
		}
	}
	c.do(emulate(""), chromedp.ResetViewport())
}

// on expects the page with the heading, without looking at it: some test sees it.
func (c *chromium) on(heading string) {
	c.t.Helper()
	if got := evaluate[string](c, `document.querySelector('h1') ? document.querySelector('h1').innerText : ''`); !strings.Contains(got, heading) {
		c.t.Fatalf("the heading is %q, want %q\n%s", got, heading, c.where())
	}
}

// await is on for a page that a script leads to.
func (c *chromium) await(heading string) {
	c.t.Helper()
	c.poll(fmt.Sprintf(`document.querySelector('h1') && document.querySelector('h1').innerText.includes(%q)`, heading), time.Minute)
}

// poll waits until what the expression says is true.
func (c *chromium) poll(expression string, patience time.Duration) {
	c.t.Helper()
	for end := time.Now().Add(patience); ; {
		_, err := chromedp.Run(c.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience)))
		if err == nil {
			return
		}
		// Another page in the place of this one takes the question along.
		if time.Now().After(end) {
			c.t.Fatalf("waited for %s: %v\n%s", expression, err, c.where())
		}
	}
}

func emulate(scheme string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			// Without motion, colours change at once: axe-core would measure them half way.
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return v, err
	}
}

func (c *chromium) check(what string) {
	c.t.Helper()
	evaluate[int](c, axe+";0")
	problems := evaluate[[]string](c, `axe.run(document, {resultTypes: ['violations']}).then(r =>
		r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ')).join(', ')))`)
	for _, p := range problems {
		c.t.Errorf("axe-core on %s: %s", what, p)
	}
	if evaluate[bool](c, `document.documentElement.scrollWidth > document.documentElement.clientWidth`) {
		c.t.Errorf("%s: scrolls sideways", what)
	}
}

func (c *chromium) picture(name string) {
	c.t.Helper()
	if c.dir == "" {
		return
	}
	png, err := chromedp.Run(c.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(c.dir, name+".png"), png, 0o644)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *chromium) text() string {
	c.t.Helper()
	return evaluate[string](c, "document.body.innerText")
}

// alerted expects an error on the page that says so.
func (c *chromium) alerted(text string) {
	c.t.Helper()
	got := evaluate[string](c, `document.querySelector('[role=alert]') ? document.querySelector('[role=alert]').innerText : ''`)
	if got == "" || !strings.Contains(got, text) {
		c.t.Fatalf("the page tells %q, want %q\n%s", got, text, c.where())
	}
}

// claim is the value beside a claim's name in the sample application.
func (c *chromium) claim(name string) string {
	c.t.Helper()
	return evaluate[string](c, fmt.Sprintf(`(() => { for (const row of document.querySelectorAll('tbody tr')) {
		if (row.querySelector('th') && row.querySelector('th').innerText.trim() === %q) return row.querySelector('td').innerText.trim() }
		return '' })()`, name))
}

// keep confirms that the backup codes on the page are kept, and returns them.
func (c *chromium) keep() []string {
	c.t.Helper()
	c.on("Keep your backup codes")
	codes := strings.Fields(evaluate[string](c, `document.querySelector('#codes').innerText`))
	if len(codes) != 10 {
		c.t.Fatalf("%d backup codes", len(codes))
	}
	c.do(chromedp.Click(chromedp.CSS(`input[name="kept"]`)))
	c.press("Confirm")
	return codes
}

// key is what somebody types who cannot scan the picture.
func (c *chromium) key() string {
	c.t.Helper()
	c.unfold()
	return strings.Join(strings.Fields(evaluate[string](c, `document.querySelector('#key').innerText`)), "")
}

// says expects the words on the page; not, none of them.
func (c *chromium) says(words ...string) {
	c.t.Helper()
	for text, i := c.text(), 0; i < len(words); i++ {
		if !strings.Contains(text, words[i]) {
			c.t.Errorf("the page does not say %q:\n%s", words[i], text)
		}
	}
}

func (c *chromium) not(words ...string) {
	c.t.Helper()
	for text, i := c.text(), 0; i < len(words); i++ {
		if strings.Contains(text, words[i]) {
			c.t.Errorf("the page says %q:\n%s", words[i], text)
		}
	}
}

// unfold opens the page's details.
func (c *chromium) unfold() {
	c.t.Helper()
	if !evaluate[bool](c, `document.querySelector('details').open`) {
		c.do(chromedp.Click(chromedp.CSS("summary")))
	}
}

// codeOf computes what the app shows a number of steps from now.
func codeOf(t *testing.T, key string, steps int) string {
	t.Helper()
	if _, err := base32.StdEncoding.DecodeString(key); err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(key, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
