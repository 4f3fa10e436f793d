package inbox

import (
	"net/url"
	"regexp"
	"strings"
)

// piece is a part of a text; URL is empty where it leads nowhere.
type piece struct{ Text, URL string }

var address = regexp.MustCompile(`https?://[^\s<>"']+`)

// pieces finds the links to the provider. Any other address stays text: who can send mail here must not be able to put a
// link of theirs on our page.
func (i *Inbox) pieces(text string) []piece {
	var all []piece
	from := 0
	for _, at := range address.FindAllStringIndex(text, -1) {
		link := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)")
		if !i.ours(link) {
			continue
		}
		to := at[0] + len(link)
		all = append(all, piece{Text: text[from:at[0]]}, piece{Text: link, URL: link})
		from = to
	}
	return append(all, piece{Text: text[from:]})
}

func (i *Inbox) ours(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.User == nil && u.Scheme+"://"+u.Host == i.provider
}
