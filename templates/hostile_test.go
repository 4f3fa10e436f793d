package templates_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"

	"sallyport/templates"
)

// hostile are texts that people could give as a name, an address or a value; the word evil marks them.
var hostile = []string{
	`<script>evil()</script>`,
	`"><img src=x onerror=evil()>`,
	`' autofocus onfocus='evil()`,
	"javascript:evil()",
	" \tjava\nscript:evil()",
	"data:text/html,<script>evil()</script>",
	"vbscript:evil()",
	"//evil.example/path",
	"{{.Frame}} {{template \"layout\"}} evil",
	"</title></h1></main></form>evil",
	"\u202eevil\u202c\u2066 \u200fevil\u2069",
	"עברית evil العربية",
	"&lt;script&gt;evil&#x22;",
	"evil\x00\x1b[31m\u0085\r\nSet-Cookie: evil=1",
	"evil" + strings.Repeat("W", 10_000),
	"evil " + strings.Repeat("</p>", 2_500),
}

// keyed are the fields whose strings the program writes, never people.
var keyed = map[string]bool{
	"Error": true, "Notice": true, "Title": true, "Body": true, "Button": true, "WhyKey": true,
	"SecondFactorState": true, "QR": true, "Mode": true, "Tested.Failed": true,
	"SecondFactor.Method": true, "EnrolCode.Method": true, "Passage.Key": true, "Choice.Key": true, "Rule.Level": true,
}

// poison returns a copy of the page in which every other string, in however deep a field, is s.
func poison(page templates.Page, s string) templates.Page {
	v := reflect.New(reflect.TypeOf(page)).Elem()
	v.Set(reflect.ValueOf(page))
	spread(v, s)
	return v.Interface().(templates.Page)
}

func spread(v reflect.Value, s string) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.String:
		v.SetString(s)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i).Name; !keyed[field] && !keyed[v.Type().Name()+"."+field] {
				spread(v.Field(i), s)
			}
		}
	case v.Kind() == reflect.Slice:
		fresh := reflect.MakeSlice(v.Type(), max(v.Len(), 1), max(v.Len(), 1))
		reflect.Copy(fresh, v)
		for i := range fresh.Len() {
			spread(fresh.Index(i), s)
		}
		v.Set(fresh)
	case v.Kind() == reflect.Pointer && !v.IsNil():
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(v.Elem())
		spread(fresh.Elem(), s)
		v.Set(fresh)
	case v.Kind() == reflect.Map:
		fresh := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			if _, isText := v.MapIndex(key).Interface().(string); isText {
				fresh.SetMapIndex(key, reflect.ValueOf(s))
			} else {
				fresh.SetMapIndex(key, v.MapIndex(key))
			}
		}
		v.Set(fresh)
	}
}

// shape is a page without its texts and values: what must not change, whatever people are called.
func shape(all []*node) string {
	var out strings.Builder
	for _, n := range all {
		names := make([]string, 0, len(n.attrs))
		for _, name := range []string{"id", "class", "type", "role", "method"} {
			names = append(names, n.attrs[name])
		}
		fmt.Fprintln(&out, n.tag, len(n.attrs), names)
	}
	return out.String()
}

func TestI03HostileTextsNeverBecomeMarkup(t *testing.T) {
	t.Parallel()
	for _, s := range full() {
		for _, lang := range templates.Languages() {
			want := shape(nodes(t, render(t, lang, poison(s.page, "harmless"))))
			for i, text := range hostile {
				page := render(t, lang, poison(s.page, text))
				if got := shape(nodes(t, page)); got != want {
					t.Errorf("%s: text %d changes the page:\n%s\nwant\n%s", s.name, i, got, want)
				}
				if !strings.Contains(page, "evil") {
					t.Errorf("%s: text %d is nowhere on the page", s.name, i)
				}
			}
		}
	}
}

func TestI03AddressesNeverBecomeScripts(t *testing.T) {
	t.Parallel()
	for _, s := range full() {
		for i, text := range hostile {
			for _, n := range nodes(t, render(t, language.English, poison(s.page, text))) {
				for _, name := range []string{"href", "src", "action", "data-status-url"} {
					to := strings.ToLower(strings.TrimSpace(n.attrs[name]))
					scheme, _, found := strings.Cut(to, ":")
					if found && !strings.ContainsAny(scheme, "/?#%") && scheme != "https" && !strings.HasPrefix(to, "data:image/png;base64,") {
						t.Errorf("%s: text %d: %s=%.60q", s.name, i, name, to)
					}
				}
			}
		}
	}
}

func TestI03TextsCannotReorderOrFloodTheSentencesAroundThem(t *testing.T) {
	t.Parallel()
	for _, s := range full() {
		for i, text := range hostile {
			for _, n := range nodes(t, render(t, language.English, poison(s.page, text))) {
				if strings.ContainsAny(n.text, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u200e\u200f␀␛") {
					t.Errorf("%s: text %d leaves a direction or control character in <%s>", s.name, i, n.tag)
				}
				if (n.tag == "bdi" || n.tag == "h1" || n.tag == "title") && len([]rune(n.text)) > 700 {
					t.Errorf("%s: text %d: %d characters in <%s>", s.name, i, len([]rune(n.text)), n.tag)
				}
			}
		}
	}
}

func TestI03MessagesAreNeverMadeFromData(t *testing.T) {
	t.Parallel()
	page := render(t, language.English, templates.Consent{Client: "{{.Secret}} {{printf \"%d\" 7}}"})
	if !strings.Contains(page, "Allow {{.Secret}} {{printf &#34;%d&#34; 7}}?") {
		t.Errorf("the name was not shown as it is:\n%s", page)
	}
}

func TestI03RightToLeftNamesAreIsolatedFromTheSentence(t *testing.T) {
	t.Parallel()
	page := render(t, language.English, templates.Consent{Client: "\u202eשלום"})
	if !strings.Contains(page, "Allow \u2068שלום\u2069?") {
		t.Errorf("the name is not isolated:\n%s", page)
	}
}
