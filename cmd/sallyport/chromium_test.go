package main_test

import (
	"context"
	_ "embed"
	"encoding/base32"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

//go:embed testdata/axe.min.js
var axe string

// chromium drives a real browser. A missing one fails the test.
type chromium struct {
	t    *testing.T
	ctx  context.Context
	shot int
	dir  string // where pictures go; empty takes none
}

func openChromium(t *testing.T) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1000, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, done := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(done)
	c := &chromium{t: t, ctx: ctx, dir: os.Getenv("SALLYPORT_TEST_SCREENSHOTS")}
	c.run()
	return c
}

func (c *chromium) run(actions ...chromedp.Action) {
	c.t.Helper()
	if err := chromedp.Run(c.ctx, actions...); err != nil {
		c.t.Fatalf("chromium: %v\n%s", err, c.where())
	}
}

func (c *chromium) where() string {
	var at, text string
	ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Location(&at), chromedp.Text("body", &text, chromedp.ByQuery))
	return at + "\n" + text
}

// see waits for the page with the heading, looks at it in light and dark and at the width of a telephone, and
// has axe-core check it each time.
func (c *chromium) see(heading string) {
	c.t.Helper()
	c.run(chromedp.Poll(fmt.Sprintf("document.readyState === 'complete' && document.querySelector('h1') && document.querySelector('h1').innerText.includes(%q)", heading), nil,
		chromedp.WithPollingTimeout(20*time.Second)))
	c.shot++
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1000, 375} {
			c.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500))
			c.check(fmt.Sprintf("%s, %s, %d px", heading, scheme, width))
			c.picture(fmt.Sprintf("%02d-%s-%s-%d", c.shot, strings.ReplaceAll(strings.ToLower(heading), " ", "-"), scheme, width))
		}
	}
	c.run(emulation.SetEmulatedMedia(), emulation.ClearDeviceMetricsOverride())
}

func (c *chromium) check(what string) {
	c.t.Helper()
	var problems []string
	c.run(chromedp.Evaluate(axe+";0", nil), chromedp.Evaluate(`axe.run(document, {resultTypes: ['violations']}).then(r =>
		r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ')).join(', ')))`, &problems, awaited))
	for _, p := range problems {
		c.t.Errorf("axe-core on %s: %s", what, p)
	}
	var wide bool
	c.run(chromedp.Evaluate(`document.documentElement.scrollWidth > document.documentElement.clientWidth`, &wide))
	if wide {
		c.t.Errorf("%s: scrolls sideways", what)
	}
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

func (c *chromium) picture(name string) {
	if c.dir == "" {
		return
	}
	var png []byte
	c.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).Do(ctx)
		return err
	}))
	if err := os.WriteFile(filepath.Join(c.dir, name+".png"), png, 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// press clicks the button or link with the text and waits for the next page.
func (c *chromium) press(label string) {
	c.t.Helper()
	c.run(chromedp.Click(fmt.Sprintf(`//button[normalize-space(.)=%q] | //a[normalize-space(.)=%q]`, label, label), chromedp.BySearch))
}

func (c *chromium) typeInto(name, text string) {
	c.t.Helper()
	field := fmt.Sprintf(`input[name=%q]`, name)
	c.run(chromedp.SetValue(field, "", chromedp.ByQuery), chromedp.SendKeys(field, text, chromedp.ByQuery))
}

// enter presses the Enter key in the field: everything works from the keyboard.
func (c *chromium) enter(name string) {
	c.t.Helper()
	c.run(chromedp.SendKeys(fmt.Sprintf(`input[name=%q]`, name), "\r", chromedp.ByQuery))
}

func (c *chromium) text() string {
	c.t.Helper()
	var text string
	c.run(chromedp.Text("body", &text, chromedp.ByQuery))
	return text
}

func (c *chromium) location() string {
	c.t.Helper()
	var at string
	c.run(chromedp.Location(&at))
	return at
}

// claim is the value beside a claim's name in the sample application.
func (c *chromium) claim(name string) string {
	c.t.Helper()
	var value string
	c.run(chromedp.Evaluate(fmt.Sprintf(`(() => { for (const row of document.querySelectorAll('tbody tr')) {
		if (row.querySelector('th') && row.querySelector('th').innerText.trim() === %q) return row.querySelector('td').innerText.trim() }
		return '' })()`, name), &value))
	return value
}

var group = regexp.MustCompile(`\b[A-Z2-7]{4}\b`)

// code is what an authenticator app would show for the key that stands on the page.
func (c *chromium) key() string {
	c.t.Helper()
	key := strings.Join(group.FindAllString(c.text(), -1), "")
	if len(key) < 32 {
		c.t.Fatalf("no key on the page: %q", key)
	}
	return key[:32]
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

func (c *chromium) open(address string) {
	c.t.Helper()
	c.run(chromedp.Navigate(address))
}

// alerted waits for an error on the page that says so.
func (c *chromium) alerted(text string) {
	c.t.Helper()
	c.run(chromedp.Poll(fmt.Sprintf(`document.readyState === 'complete' && document.querySelector('[role=alert]') && document.querySelector('[role=alert]').innerText.includes(%q)`, text), nil,
		chromedp.WithPollingTimeout(20*time.Second)))
}

// choose picks a radio button.
func (c *chromium) choose(name, value string) {
	c.t.Helper()
	c.run(chromedp.Click(fmt.Sprintf(`input[name=%q][value=%q]`, name, value), chromedp.ByQuery))
}
