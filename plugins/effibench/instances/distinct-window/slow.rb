def longest_window(s, k)
  longest = 0
  (0...s.size).each do |start|
    held = Set.new
    (start...s.size).each do |finish|
      held << s[finish]
      break if held.size > k
      longest = [longest, finish + 1 - start].max
    end
  end
  longest
end
