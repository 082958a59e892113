require 'set'

def longest_window(s, k)
  held = Hash.new(0)
  start = longest = 0
  s.each_char.with_index do |letter, finish|
    held[letter] += 1
    while held.size > k
      held[s[start]] -= 1
      held.delete(s[start]) if held[s[start]].zero?
      start += 1
    end
    longest = [longest, finish + 1 - start].max
  end
  longest
end
